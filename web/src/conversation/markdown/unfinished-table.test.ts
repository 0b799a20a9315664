import { expect, test } from 'vitest';
import { completeUnfinishedTable } from './unfinished-table.ts';

test.each([
  ['|', ''],
  ['| Na', '| Na\n| --- |'],
  ['| Name | Pr', '| Name | Pr\n| --- | --- |'],
  ['| Name | Price |\n', '| Name | Price |\n| --- | --- |'],
  ['| Name | Price |\n| --', '| Name | Price |\n| --- | --- |'],
  ['So:\n| a \\| b |', 'So:\n| a \\| b |\n| --- |'],
  ['| a |\n| - |\n| 1', '| a |\n| - |\n| 1'],
  ['```\n| a', '```\n| a'],
  ['no | table', 'no | table'],
])('%j is shown as %j', (text, shown) => expect(completeUnfinishedTable(text)).toBe(shown));
