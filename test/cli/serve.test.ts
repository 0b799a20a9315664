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

const openUrlIn = (text: string) => /http:\/\/[\w.:[\]]+/.exec(text.slice(text.indexOf('Open ')))?.[0] ?? '';

test('serve runs a server until SIGTERM', async () => {
  const running = machine.start(['serve', '--data-dir', 'stored']);
  await running.sees('Millrace is ready');
  const url = openUrlIn(running.stdout);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' });
  const reply = await machine.run(['chat', '--url', url, 'Hello']);
  expect(reply.code).toBe(0);
  running.child.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
});

test('options take precedence over the environment, and the environment over .env', async () => {
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

test('misspelled settings and broken lines of .env are warnings', async () => {
  await writeFile(join(machine.home, '.env'), 'PORT 4000\nRATE_LIMIT_PER_MINUT=5\n');
  const running = machine.start(['serve', '--json'], { GEMINI_APIKEY: 'x' });
  await running.sees('"ready"');
  const lines = running.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const warnings = lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  expect(new Set(warnings)).toEqual(
    new Set([
      'GEMINI_APIKEY is not a setting and is ignored. Did you mean GEMINI_API_KEY?',
      'RATE_LIMIT_PER_MINUT is not a setting and is ignored. Did you mean RATE_LIMIT_PER_MINUTE?',
      'line 1 of the file .env is ignored. A setting is written as NAME=value.',
    ]),
  );
  running.child.kill('SIGTERM');
  await running.finished;
});

test.each([
  [{ PORT: 'mill' }, 'PORT takes a whole number'],
  [{ HOST: '192.0.2.1' }, 'HOST 192.0.2.1 is not an address of this machine'],
  // This is detected after the demo model has started.
  [
    { GEMINI_API_KEY: '', GEMINI_BASE_URL: '', PRICES_FILE: 'nothing.json' },
    'PRICES_FILE (nothing.json) cannot be used',
  ],
])('with %j it exits with 2 and one line', async (environment, line) => {
  const { code, stdout, stderr } = await machine.run(['serve'], { environment });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^millrace: [^\n]+ \(invalid_settings\)\n$/);
  expect(stderr).toContain(line);
});
