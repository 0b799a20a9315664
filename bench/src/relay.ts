import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { startProcess } from './processes.ts';
import { milliseconds, quantile } from './statistics.ts';

/**
 * How much later a reader gets a token because Millrace stands between it and the model: from the moment the model writes a
 * chunk to the moment the reader has it, through the whole server (authentication, SQLite log, ledger) and, in the same run,
 * without it.
 */
const REPLIES = [1, 100];
const CHUNKS = 200;
const DELAY_MS = 20;
const ROUNDS = 5;

interface Delays {
  first: number[];
  all: number[];
}

const agent = new Agent({ connections: 500 });
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
const model = await startProcess(join(import.meta.dirname, 'stamped-model.ts'), {
  CHUNKS: String(CHUNKS),
  DELAY_MS: String(DELAY_MS),
});
try {
  await compare(model.url, dataDir);
} finally {
  model.child.kill();
  await agent.destroy();
  rmSync(dataDir, { recursive: true });
}

async function compare(modelUrl: string, dataDir: string): Promise<void> {
  const server = await startProcess(join(import.meta.dirname, '../../server/src/main.ts'), {
    PORT: '0',
    LOG_LEVEL: 'error',
    DATA_DIR: dataDir,
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: modelUrl,
    GUEST_TOKEN_LIMIT: 'none',
  });
  try {
    const token = await signIn(server.url);
    printHead();
    for (const count of REPLIES) {
      const direct: Delays = { first: [], all: [] };
      const relayed: Delays = { first: [], all: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        await Promise.all(Array.from({ length: count }, () => askModel(modelUrl, direct)));
        await Promise.all(Array.from({ length: count }, () => askServer(server.url, token, relayed)));
      }
      report(count, 'no server', direct);
      report(count, 'Millrace', relayed);
    }
  } finally {
    server.child.kill('SIGKILL');
  }
}

function printHead(): void {
  process.stdout.write(
    `Delay from model to reader in ms; ${CHUNKS} chunks a reply, ${DELAY_MS} ms apart, ${ROUNDS} rounds\n\n`,
  );
  process.stdout.write('| replies | way | first chunk p50 | first p99 | every chunk p50 | p99 |\n');
  process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
}

function report(count: number, way: string, { first, all }: Delays): void {
  const figures = [quantile(first, 0.5), quantile(first, 0.99), quantile(all, 0.5), quantile(all, 0.99)];
  process.stdout.write(`| ${count} | ${way} | ${figures.map(milliseconds).join(' | ')} |\n`);
}

async function askModel(modelUrl: string, delays: Delays): Promise<void> {
  const path = '/v1beta/models/stamped:streamGenerateContent?alt=sse';
  await measure(`${modelUrl}${path}`, {}, '{}', delays, (data) => {
    const chunk = JSON.parse(data) as { candidates: { content: { parts: { text: string }[] } }[] };
    return chunk.candidates[0]?.content.parts[0]?.text;
  });
}

async function askServer(url: string, token: string, delays: Delays): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const created = await request(`${url}/api/chats`, { method: 'POST', headers, dispatcher: agent });
  const { id } = (await created.body.json()) as { id: string };
  const body = JSON.stringify({ content: 'go on' });
  await measure(`${url}/api/chats/${id}/messages`, headers, body, delays, (data) => {
    const { text } = JSON.parse(data) as { text?: string };
    return text;
  });
}

/** Reads a stream to its end and notes how old each stamped chunk is when it arrives. @throws when any is missing */
async function measure(
  url: string,
  headers: Record<string, string>,
  body: string,
  delays: Delays,
  textOf: (data: string) => string | undefined,
): Promise<void> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    dispatcher: agent,
  });
  let chunks = 0;
  const parser = createParser({
    onEvent({ data }) {
      const now = process.hrtime.bigint();
      for (const [, stamp] of (textOf(data) ?? '').matchAll(/(\d+) \d+ of \d+; /g)) {
        const delay = Number(now - BigInt(stamp ?? 0)) / 1e6;
        if (chunks === 0) delays.first.push(delay);
        delays.all.push(delay);
        chunks += 1;
      }
    },
  });
  response.body.setEncoding('utf8');
  for await (const text of response.body) parser.feed(String(text));
  if (chunks !== CHUNKS) throw new Error(`${chunks} of ${CHUNKS} chunks arrived`);
}

async function signIn(url: string): Promise<string> {
  const response = await request(`${url}/api/auth/sign-in/anonymous`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    dispatcher: agent,
  });
  await response.body.dump();
  return String(response.headers['set-auth-token']);
}
