import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../support/bundle.ts';

const { resolve } = createRequire(import.meta.url);

const { exports } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../client/package.json'), 'utf8'),
) as { exports: Record<string, string> };

/** What may be in a bundle of the client, and nothing else: no zod, no React. */
const OURS = /\/(client\/src|protocol\/src|node_modules\/eventsource-parser)\//;

test('the client, with all it exports and its parser, is under 6 KB compressed', async () => {
  const { gzipped, files } = await bundle(resolve('@millrace/client'));
  expect(files.some((file) => file.includes('eventsource-parser'))).toBe(true);
  expect(gzipped).toBeLessThan(6000);
});

test('the hooks, with the client that is under them, are under 11 KB compressed', async () => {
  const { gzipped } = await bundle(resolve('@millrace/client/react'), ['react']);
  expect(gzipped).toBeLessThan(11_000);
});

test.each(Object.keys(exports))(
  '%s of the package brings nothing of others but the parser',
  async (entry) => {
    const { files } = await bundle(resolve(join('@millrace/client', entry)), ['react']);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !OURS.test(file))).toEqual([]);
  },
);
