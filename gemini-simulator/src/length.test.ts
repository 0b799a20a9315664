import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the simulator has fewer than a thousand lines of code', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
    (file) => !file.endsWith('.test.ts') && !file.startsWith('testing'),
  );
  expect(files).toContain('main.ts');
  const lines = files.flatMap((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8').split('\n'));
  const isCode = (line: string) => !/^\s*(\/\/|\/\*|\*|$)/.test(line);
  expect(lines.filter(isCode).length).toBeLessThan(1000);
});
