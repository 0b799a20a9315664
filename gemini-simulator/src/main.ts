#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { type Pace, demoPace, startSimulator } from './index.ts';

const usage = `Usage: millrace-gemini-simulator [options]

  --port <number>      port on 127.0.0.1 (default 8089; 0 is any free one)
  --mode echo|prose    repeat the question, or write Markdown (default prose)
  --pace demo|none|F,C,N
                       F ms to the first chunk, C ms between chunks, N characters a chunk
                       (default demo, which is ${demoPace.firstDelayMs},${demoPace.chunkDelayMs},${demoPace.chunkChars})
  --seed <number>      the same seed gives the same replies (default 1)
  --recordings <path>  folder that scripts may replay files from
  --help               this text
`;

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8089' },
      mode: { type: 'string', default: 'prose' },
      pace: { type: 'string', default: 'demo' },
      seed: { type: 'string', default: '1' },
      recordings: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const { mode, recordings } = values;
  if (mode !== 'echo' && mode !== 'prose') throw new Error(`--mode must be echo or prose, not ${mode}`);
  const simulator = await startSimulator({
    port: parseNumber('--port', values.port),
    seed: parseNumber('--seed', values.seed),
    mode,
    pace: parsePace(values.pace),
    ...(recordings === undefined ? {} : { recordings }),
  });
  process.stdout.write(
    `Gemini simulator on ${simulator.url}. Point an SDK's base URL there; any API key will do.\n`,
  );
}

function parsePace(text: string): Partial<Pace> {
  if (text === 'demo') return demoPace;
  if (text === 'none') return {};
  const [firstDelayMs, chunkDelayMs, chunkChars, ...rest] = text
    .split(',')
    .map((part) => parseNumber('--pace', part));
  if (firstDelayMs === undefined || chunkDelayMs === undefined || !chunkChars || rest.length > 0) {
    throw new Error(`--pace must be demo, none or three numbers such as 350,35,72, not ${text}`);
  }
  return { firstDelayMs, chunkDelayMs, chunkChars };
}

function parseNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${option} must be a whole number, not ${text}`);
  return Number(text);
}
