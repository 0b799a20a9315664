#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulator } from './index.ts';

const usage = readFileSync(new URL('../data/usage.txt', import.meta.url), 'utf8');
const text = { type: 'string' } as const;
const options = { port: text, mode: text, pace: text, quota: text, seed: text, recordings: text };

try {
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
  if (values.help) process.stdout.write(usage);
  else await run(values);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}

async function run(values: { [Name in keyof typeof options]?: string }): Promise<void> {
  const { port = '8089', mode = 'prose', pace = '350,40,24', quota, seed = '1', recordings } = values;
  if (mode !== 'echo' && mode !== 'prose') throw new Error(`--mode must be echo or prose, not ${mode}`);
  const [firstDelayMs = 0, chunkDelayMs = 0, chunkChars = 0] = numbers('pace', pace, 3);
  const [requests = 0, perMs = 0] = quota === undefined ? [] : numbers('quota', quota, 2);
  const { url } = await startSimulator({
    port: numbers('port', port, 1)[0] ?? 0,
    seed: numbers('seed', seed, 1)[0] ?? 1,
    mode,
    recordings,
    pace: { firstDelayMs, chunkDelayMs, chunkChars },
    quota: quota === undefined ? undefined : { requests, perMs },
  });
  process.stdout.write(`Gemini simulator on ${url}. Use it as an SDK's base URL, with any API key.\n`);
}

function numbers(option: string, list: string, count: number): number[] {
  const parts = list.split(',');
  if (parts.length === count && parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
  throw new Error(`--${option} must be ${count} whole number(s) separated by commas, not ${list}`);
}
