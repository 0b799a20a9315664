import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { Agent, request } from 'undici';
import { startProcess } from './processes.ts';
import { milliseconds, quantile } from './statistics.ts';

/** How long a reply of 1 MB takes to reach a reader who comes after it has ended: from the request to the last byte. */
const CHUNK_CHARS = 72;
const CHARS = 1_000_000;
const ROUNDS = 30;

const agent = new Agent();
const simulator = await startSimulator();
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
const server = await startProcess(join(import.meta.dirname, '../../server/src/main.ts'), {
  PORT: '0',
  LOG_LEVEL: 'error',
  DATA_DIR: dataDir,
  GEMINI_API_KEY: 'bench',
  GEMINI_BASE_URL: simulator.url,
  GUEST_TOKEN_LIMIT: 'none',
  MAX_OUTPUT_TOKENS: '1000000',
});
try {
  const token = await signIn();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const chunks = Array.from({ length: CHARS / CHUNK_CHARS }, (_item, index) =>
    `${index} `.padEnd(CHUNK_CHARS, 'x'),
  );
  simulator.script([{ chunks }]);
  const chat = await call<{ id: string }>('/api/chats', headers, '{}');
  const { body } = await send(`/api/chats/${chat.id}/messages`, headers, '{"content":"go"}');
  const [, generationId = ''] = /"generationId":"(\w{16})"/.exec(await body.text()) ?? [];

  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    const path = `${server.url}/api/generations/${generationId}/events`;
    const response = await request(path, { headers, dispatcher: agent });
    bytes = (await response.body.arrayBuffer()).byteLength;
    times.push(performance.now() - startedAt);
  }
  const median = quantile(times, 0.5);
  process.stdout.write(
    `Resume of ${chunks.length} events, ${(bytes / 1e6).toFixed(2)} MB with the message in its end: ` +
      `median ${milliseconds(median)} ms, p90 ${milliseconds(quantile(times, 0.9))} ms, ` +
      `${(bytes / 1e3 / median).toFixed(0)} MB/s\n`,
  );
} finally {
  server.child.kill('SIGKILL');
  await simulator.close();
  await agent.destroy();
  rmSync(dataDir, { recursive: true });
}

function send(path: string, headers: Record<string, string>, body: string) {
  return request(server.url + path, { method: 'POST', headers, body, dispatcher: agent });
}

async function call<Body>(path: string, headers: Record<string, string>, body: string): Promise<Body> {
  const response = await send(path, headers, body);
  return (await response.body.json()) as Body;
}

async function signIn(): Promise<string> {
  const response = await send('/api/auth/sign-in/anonymous', { 'content-type': 'application/json' }, '{}');
  await response.body.dump();
  return String(response.headers['set-auth-token']);
}
