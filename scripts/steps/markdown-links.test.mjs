import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './processes.mjs';

const CODE = /^(```|~~~)[^]*?^\1|`[^`\n]*`/gm;
const LINK = /\]\(([^()\s]+)\)/g;
const HEADING = /^#{1,6} +(.+)$/gm;
/** GitHub keeps letters, digits, spaces, hyphens and underscores of a heading. */
const NOT_IN_ANCHOR = /[^\p{L}\p{N} _-]/gu;

const read = (path) => readFileSync(join(root, path), 'utf8');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(path) {
  const headings = [
    ...read(path)
      .replaceAll(/^(```|~~~)[^]*?^\1/gm, '')
      .matchAll(HEADING),
  ].map(([, text]) =>
    text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(NOT_IN_ANCHOR, '')
      .replaceAll(' ', '-'),
  );
  const seen = new Map();
  return headings.map((anchor) => {
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function brokenLinksOf(page) {
  const targets = [...read(page).replaceAll(CODE, '').matchAll(LINK)].map(([, target]) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file, anchor] = decodeURI(target).split('#');
    const path = file === '' ? page : join(dirname(page), file);
    if (!existsSync(join(root, path))) return true;
    return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).includes(anchor);
  });
}

test('each relative link in a Markdown file leads to a file, and each anchor to a heading', () => {
  const listing = spawnSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).stdout;
  const pages = listing.split('\n').filter((path) => path !== '');
  expect(pages.length).toBeGreaterThan(20);
  const broken = pages.flatMap((page) => brokenLinksOf(page).map((target) => `${page}: ${target}`));
  expect(broken).toEqual([]);
});
