import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

const PROTOCOL = join(import.meta.dirname, '../../../docs/protocol/compatibility.md');
/** A command and its output. */
const TRANSCRIPT = /(?<command>```sh\n(?<script>curl -N [^`]*?)\n```\n\n```\n)(?<printed>[^`]*?)(?=```\n)/g;

const run = promisify(execFile);
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const because = hasCurl ? '' : ' (skipped: no curl)';

let server: TestServer;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

/** Runs a command of the document in a chat of a new user. */
async function print(script: string): Promise<string> {
  const caller = await server.guest();
  const { id } = await caller.createChat();
  server.simulator.script([{ chunks: ['It grinds grain', ' 🌾\nbetween', ' stones.'] }]);
  const env = { PATH: process.env.PATH, url: server.url, token: caller.token, chat: id };
  const { stdout } = await run('sh', ['-c', script], { env });
  return stdout;
}

/** The output with fixed ids and times. */
function normalized(printed: string): string {
  return printed
    .replaceAll(/^id: \w{16}:/gm, 'id: 0VbZShiBBYJk3RQE:')
    .replaceAll(/"[\da-f]{8}-[\da-f-]{27}"/g, '"…"')
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"…"');
}

test.skipIf(!hasCurl)(
  `the transcripts in docs/protocol/compatibility.md are what curl prints${because}; with "vitest run transcripts -u" they are rewritten`,
  async () => {
    const document = await readFile(PROTOCOL, 'utf8');
    const transcripts = [...document.matchAll(TRANSCRIPT)];
    expect(transcripts.map(({ groups }) => /\$url(\/\S+)/.exec(groups?.['script'] ?? '')?.[1])).toEqual([
      '/api/chats/$chat/messages/stream',
      '/api/chat/stream',
      '/api/chat/$chat/message',
      '/chat/stream',
      '/chat/stream',
    ]);
    const printed: string[] = [];
    for (const { groups } of transcripts) printed.push(normalized(await print(groups?.['script'] ?? '')));
    const rest = printed.values();
    const asPrinted = document.replaceAll(TRANSCRIPT, (...match) => {
      const { command } = match.at(-1) as { command: string };
      return `${command}${rest.next().value?.trimEnd()}\n`;
    });
    await expect(asPrinted).toMatchFileSnapshot(PROTOCOL);
  },
);
