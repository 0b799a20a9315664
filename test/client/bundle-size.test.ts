import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../support/bundle.ts';

const { resolve } = createRequire(import.meta.url);

const { exports } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../client/package.json'), 'utf8'),
) as { exports: Record<string, string> };

/** The only modules that a bundle of the client may contain: no zod, no React. */
const ALLOWED_MODULE = /\/(client\/src|protocol\/src|node_modules\/eventsource-parser)\//;

test('the client with its parser is under 6 KB compressed', async () => {
  const { gzipped, files } = await bundle(resolve('@millrace/client'));
  expect(files.some((file) => file.includes('eventsource-parser'))).toBe(true);
  expect(gzipped).toBeLessThan(6000);
});

test('the hooks with the client are under 11 KB compressed', async () => {
  const { gzipped } = await bundle(resolve('@millrace/client/react'), ['react']);
  expect(gzipped).toBeLessThan(11_000);
});

test.each(Object.keys(exports))('%s has no dependency but the parser', async (entry) => {
  const { files } = await bundle(resolve(join('@millrace/client', entry)), ['react']);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !ALLOWED_MODULE.test(file))).toEqual([]);
});
