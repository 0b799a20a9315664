/** Mistakes that would otherwise go unnoticed, because an environment also holds variables of other programs. */
import { existsSync, readFileSync } from 'node:fs';
import { SETTINGS } from './settings/index.ts';

/** Below this length many variables of other programs differ from a setting by two letters, as HOME does from HOST. */
const SHORT_NAME_LENGTH = 8;

/** A line that begins `NAME=`, with the whole value if that is quoted: such a value may have several lines. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*=(?:[ \t]*(["'`])[^]*?\1)?.*$/gm;

/** Warnings for names that are almost those of settings, and for lines of the file `.env` that Node ignores. */
export function settingWarnings(environment: Readonly<Record<string, string | undefined>>): string[] {
  const misspelled = Object.keys(environment).flatMap((name) => {
    const meant = settingLike(name);
    return meant === null ? [] : [`${name} is not a setting and is ignored. Did you mean ${meant}?`];
  });
  const file = existsSync('.env') ? readFileSync('.env', 'utf8') : '';
  const broken = brokenLinesOf(file).map(
    (number) => `line ${number} of the file .env is ignored. A setting is written as NAME=value.`,
  );
  return [...misspelled, ...broken];
}

/** The setting whose name differs by a typing mistake or two; null for a setting, and for a name that is like none. */
export function settingLike(name: string): string | null {
  if (name in SETTINGS) return null;
  const allowed = name.length <= SHORT_NAME_LENGTH ? 1 : 2;
  const isLike = (setting: string) =>
    Math.abs(setting.length - name.length) <= allowed && distance(name.toUpperCase(), setting) <= allowed;
  return Object.keys(SETTINGS).find(isLike) ?? null;
}

/** The numbers of lines that are no assignment, no comment and not empty. */
export function brokenLinesOf(file: string): number[] {
  const rest = file
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(ASSIGNMENT, (value) => value.replaceAll(/[^\n]/g, ''));
  return rest.split('\n').flatMap((line, index) => (/^\s*(?:#|$)/.test(line) ? [] : [index + 1]));
}

/** How many letters must be inserted, deleted, replaced or swapped with their neighbor to turn one text into the other. */
function distance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = Number(left[row - 1] !== right[column - 1]);
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        (last[column] ?? Infinity) + 1,
        (current[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + replaced,
        isSwapped ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[right.length] ?? Infinity;
}
