import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { noWebApp, WEB_ROOT } from '../support/browser.ts';

/** In bytes, compressed. */
const LIMIT = 150_000;
/** `import … from './x.js'`, `export … from` and `import './x.js'`; not `import('./x.js')`, which loads later. */
const STATIC_IMPORT = /(?:^|[;}\s])(?:import|export)(?:[^;'"()]*?from)?\s*["'](\.[^"']+)["']/g;

/** The scripts that the page loads first, with their static imports. */
function firstLoad(): Map<string, string> {
  const html = readFileSync(join(WEB_ROOT, 'index.html'), 'utf8');
  const waiting = [...html.matchAll(/(?:src|href)="\.?\/?([^"]+\.js)"/g)].map(([, file = '']) => file);
  const scripts = new Map<string, string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (scripts.has(file)) continue;
    const code = readFileSync(join(WEB_ROOT, file), 'utf8');
    scripts.set(file, code);
    for (const [, imported = ''] of code.matchAll(STATIC_IMPORT)) waiting.push(join(dirname(file), imported));
  }
  return scripts;
}

describe.skipIf(noWebApp !== '')(
  `what the built page loads first (${noWebApp || WEB_ROOT.split('/').at(-1)})`,
  () => {
    test('is under 150 KB of compressed JavaScript', () => {
      const sizes = [...firstLoad()].map(([file, code]) => ({
        file,
        bytes: gzipSync(code, { level: 9 }).length,
      }));
      expect(sizes.map(({ file }) => file)).toContainEqual(expect.stringMatching(/^assets\/index-/));
      expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(LIMIT);
    });

    test('has no Markdown, highlighter, math or diagrams', () => {
      const code = [...firstLoad().values()].join('\n');
      expect(code).toContain('millrace.draft');
      for (const mark of ['micromark', 'katex-display', 'flowchart-elk', 'textMate'])
        expect(code.includes(mark), mark).toBe(false);
    });
  },
);
