import { expect, test } from 'vitest';
import { SETTING_GROUPS } from './settings/index.ts';
import type { SettingGroup } from './settings/index.ts';

const INTRODUCTION = `<!-- Generated from server/src/config/settings: edit a description there, then run \`npm test -- server/src/config/ --update\`. -->

# Settings

Settings are environment variables, or lines of a file \`.env\` in the current folder. Each has a default. A setting with a wrong value
stops the start with one line that says what the setting takes. A name that is almost that of a setting is reported as a warning.

Rate limits are counted by all servers together that share a \`DATABASE_URL\`; while Redis is down,
each server counts its own.
`;

function tableOf({ title, settings }: SettingGroup): string {
  const rows = Object.entries(settings).map(
    ([name, { takes, default: text, description }]) =>
      `| \`${name}\` | ${text || '–'} | ${description} | ${takes} |`,
  );
  return [
    '',
    `## ${title}`,
    '',
    '| variable | default | | takes |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

test('docs/settings.md lists every setting, its default, its description and what it takes', async () => {
  const page = INTRODUCTION + SETTING_GROUPS.map(tableOf).join('');
  await expect(page).toMatchFileSnapshot('../../../docs/settings.md');
});
