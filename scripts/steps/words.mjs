import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './processes.mjs';

/**
 * A rule of `scripts/words.json`.
 * - `pattern`: a regular expression; case-sensitive if it has an upper-case letter
 * - `instead`: what to write
 * - `in`: `code` (outside comments and strings), or everywhere in the text
 * - `files`: a pattern of the paths to which the rule applies; all by default
 * - `allowed`: patterns of texts around the word in which it is right
 * @typedef {{ pattern: string, instead: string, in?: 'code', files?: string, allowed?: string[] }} Rule
 */

/** Comments, strings and regular expressions of TypeScript. What is inside `${}` of a template counts as string. */
const NOT_CODE =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

/**
 * Reads all tracked source and documentation files, and prints the words in them that the project doesn't use. Ends this process
 * with an error if there are any.
 */
export function checkWords() {
  const { rules, excludedPaths } = JSON.parse(readFileSync(join(root, 'scripts/words.json'), 'utf8'));
  const matchers = rules.map(toMatcher);
  const findings = trackedFiles()
    .filter((path) => !excludedPaths.some((excluded) => path.startsWith(excluded)))
    .flatMap((path) => findWords(readFileSync(join(root, path), 'utf8'), path, matchers));
  for (const { path, line, word, instead } of findings) {
    process.stdout.write(`${path}:${line}: "${word}": write ${instead}\n`);
  }
  if (findings.length === 0) return;
  fail(`${findings.length} words to replace (rules: scripts/words.json)`);
}

/**
 * Finds the words of one file.
 * @param {string} text of the file
 * @param {string} path decides what is code
 */
export function findWords(text, path, matchers) {
  const isCode = /\.(?:tsx?|mjs)$/.test(path);
  const code = isCode ? text.replaceAll(NOT_CODE, blank) : '';
  return matchers
    .filter(({ files }) => files.test(path))
    .flatMap(({ regex, allowed, instead, isInCode }) =>
      [...(isInCode ? code : text).matchAll(regex)]
        .filter(({ index, 0: word }) => !isAllowed(text, index, word, allowed))
        .map(({ index, 0: word }) => ({
          path,
          line: lineOf(text, index),
          word: word.replace(/\s+/g, ' '),
          instead,
        })),
    )
    .sort((one, other) => one.line - other.line);
}

/** @param {Rule} rule */
export function toMatcher({ pattern, instead, in: place, files = '', allowed = [] }) {
  const flags = /(?<!\\)[A-Z]/.test(pattern) ? 'g' : 'gi';
  // A phrase may be broken over lines, also of a comment.
  const regex = new RegExp(pattern.replaceAll(' ', '(?:\\s|\\n\\s*(?://|\\*))+'), flags);
  return {
    regex,
    instead,
    files: new RegExp(files),
    isInCode: place === 'code',
    allowed: allowed.map((text) => new RegExp(text, 'i')),
  };
}

function isAllowed(text, index, word, allowed) {
  const start = text.lastIndexOf('\n', index) + 1;
  const end = text.indexOf('\n', index + word.length);
  const line = text.slice(start, end === -1 ? undefined : end);
  return allowed.some((pattern) => pattern.test(line));
}

/** Keeps offsets and line numbers. */
function blank(text) {
  return text.replaceAll(/[^\n]/g, ' ');
}

function lineOf(text, index) {
  return text.slice(0, index).split('\n').length;
}

function trackedFiles() {
  const { status, stdout, stderr } = spawnSync('git', ['ls-files', '-z', '*.ts', '*.tsx', '*.mjs', '*.md'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status !== 0) fail(`The words can only be checked in a Git checkout: ${stderr}`);
  // A deleted file is listed until its deletion is staged.
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}
