import { request } from 'node:http';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandLine } from '../support/command.ts';

let simulator: Awaited<ReturnType<typeof startSimulator>>;
let machine: CommandLine;
beforeAll(async () => void (simulator = await startSimulator()));
afterAll(() => simulator.close());
beforeEach(
  () => (machine = new CommandLine({ GEMINI_API_KEY: 'test', GEMINI_BASE_URL: simulator.url, PORT: '0' })),
);
afterEach(() => machine[Symbol.dispose]());

const openedIn = (text: string) => /http:\/\/[\w.:[\]]+/.exec(text.slice(text.indexOf('Open ')))?.[0] ?? '';

test('serve runs a whole server until it is asked to end', async () => {
  const running = machine.start(['serve', '--data-dir', 'kept']);
  await running.sees('Millrace is ready');
  const url = openedIn(running.stdout);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' });
  const asked = await machine.run(['chat', '--url', url, 'Hello']);
  expect(asked.code).toBe(0);
  running.child.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
});

test('flags go before the environment, and that before .env', async () => {
  await writeFile(join(machine.home, '.env'), 'HOST=127.0.0.2\nDATA_DIR=from-file\nLOG_LEVEL=silent\n');
  const running = machine.start(['serve', '--json', '--host', '127.0.0.3'], { LOG_LEVEL: 'info' });
  await running.sees('"ready"');
  const lines = running.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ msg }) => msg)).toContain('listening');
  expect(lines.at(-1).ready).toMatch(/^http:\/\/127\.0\.0\.3:\d+$/);
  await new Promise((resolve) => request(`${lines.at(-1).ready}/health`, resolve).end());
  running.child.kill('SIGTERM');
  await running.finished;
});

test.each([
  [{ PORT: 'mill' }, 'PORT takes a whole number'],
  // Found out when the demo model runs already.
  [
    { GEMINI_API_KEY: '', GEMINI_BASE_URL: '', PRICES_FILE: 'nothing.json' },
    'PRICES_FILE (nothing.json) cannot be used',
  ],
])('with %j it ends with 2 and one line', async (environment, line) => {
  const { code, stdout, stderr } = await machine.run(['serve'], { environment });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^millrace: [^\n]+ \(invalid_settings\)\n$/);
  expect(stderr).toContain(line);
});
