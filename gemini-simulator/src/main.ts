#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { demoPace, startSimulator } from './index.ts';

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
  const { mode = 'prose', pace = 'demo', recordings } = values;
  if (mode !== 'echo' && mode !== 'prose') throw new Error(`--mode must be echo or prose, not ${mode}`);
  const [port = 0] = numbers('port', values.port ?? '8089', 1);
  const [seed = 1] = numbers('seed', values.seed ?? '1', 1);
  const [requests = 0, perMs = 0] = numbers('quota', values.quota ?? '0,0', 2);
  const [firstDelayMs = 0, chunkDelayMs = 0, chunkChars = 0] = numbers(
    'pace',
    pace.replace(/demo|none/, '0,0,72'),
    3,
  );
  const { url } = await startSimulator({
    port,
    seed,
    mode,
    recordings,
    pace: pace === 'demo' ? demoPace : { firstDelayMs, chunkDelayMs, chunkChars },
    quota: values.quota === undefined ? undefined : { requests, perMs },
  });
  process.stdout.write(`Gemini simulator on ${url}. Point an SDK's base URL there; any API key will do.\n`);
}

function numbers(option: string, list: string, count: number): number[] {
  const parts = list.split(',');
  if (parts.length === count && parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
  throw new Error(
    `--${option} must be ${count === 1 ? 'a whole number' : `${count} whole numbers`}, not ${list}`,
  );
}
