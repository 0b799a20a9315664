import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from './markdown.ts';
import type { Results } from './results.ts';

const JSON_FILE = 'latest.json';
const MARKDOWN_FILE = 'latest.md';

/** The results of earlier runs: a run replaces the results of its scenarios. */
export function readResults(folder: string): Results {
  const file = join(folder, JSON_FILE);
  if (!existsSync(file)) return { machine: null, scenarios: {} };
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

export function writeReport(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true });
  const json = JSON.stringify(results, (_name, value: unknown) => rounded(value), 2);
  writeFileSync(join(folder, JSON_FILE), `${json}\n`);
  writeFileSync(join(folder, MARKDOWN_FILE), renderMarkdown(results));
}

/** Rounded, because more digits would not be significant. */
function rounded(value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
