import { expect, test } from 'vitest';

const sources = import.meta.glob<string>('./en*.ts', { query: '?raw', import: 'default', eager: true });

/** The value of a property, or of one branch of a choice. */
const VALUE = /(?:[:?]|=>)\s+(['`])(.+?)\1/g;

test('every string is written once: what is needed in a second place belongs in en-common.ts', () => {
  const files = new Map<string, string>();
  const repeated: string[] = [];
  for (const [file, source] of Object.entries(sources)) {
    for (const [, , value = ''] of source.matchAll(VALUE)) {
      const first = files.get(value);
      if (first !== undefined) repeated.push(`“${value}” in ${first} and ${file}`);
      files.set(value, file);
    }
  }
  expect(files.size).toBeGreaterThan(200);
  expect(repeated).toEqual([]);
});
