import { expect, test } from 'vitest';
import { SETTING_GROUPS } from './settings/index.ts';
import type { SettingGroup } from './settings/index.ts';

const INTRODUCTION = `<!-- Generated from server/src/config/settings: edit a description there, then run \`npm test -- server/src/config/ --update\`. -->

# Settings

Settings are environment variables, or lines of a file \`.env\` in the current folder. Each has a default. A setting with a wrong value
stops the start with one line that says what the setting takes.

\`none\` or \`0\` switches a limit off. Rate limits are counted by all servers together that share a \`DATABASE_URL\`; while Redis is down,
each server counts its own. Durations are written as \`500ms\`, \`10s\`, \`5m\`, \`2h\` or \`1d\`.
`;

function tableOf({ title, settings }: SettingGroup): string {
  const rows = Object.entries(settings).map(
    ([name, { default: text, description }]) => `| \`${name}\` | ${text || '–'} | ${description} |`,
  );
  return ['', `## ${title}`, '', '| variable | default | |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

test('docs/settings.md lists every setting, its default and its description', async () => {
  const page = INTRODUCTION + SETTING_GROUPS.map(tableOf).join('');
  await expect(page).toMatchFileSnapshot('../../../docs/settings.md');
});
