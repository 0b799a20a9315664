import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { CommandLine } from '../support/command.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

let dataDir: string;
beforeAll(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'millrace-ledger-'))));
afterAll(() => rm(dataDir, { recursive: true }));

async function checkLedger(folder: string): Promise<{ code: number | null; output: string }> {
  using commands = new CommandLine({ DATA_DIR: folder });
  const { code, stdout, stderr } = await commands.run(['ledger', 'check']);
  return { code, output: stdout + stderr };
}

test('the command reports that a ledger balances while the server runs, and lists the discrepancies of one that doesn’t', async () => {
  const simulator = await startSimulator();
  const server = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
  const guest = await Caller.asGuest(server.url);
  await guest.ask('Hello');
  expect(await checkLedger(dataDir)).toEqual({ code: 0, output: 'The ledger balances.\n' });
  const { user, budget } = await guest.me();
  await server.terminate();
  await simulator.close();

  const database = new DatabaseSync(join(dataDir, 'millrace.db'));
  database.exec('update ledger_balances set used = used + 1');
  database.close();
  const { code, output } = await checkLedger(dataDir);
  expect(code).toBe(1);
  expect(output.replace(/\d{4}-\d\d/, 'a month')).toBe(
    `used of a month of user ${user.id}: found ${budget.used + 1}, expected ${budget.used}\n` +
      'The ledger does not balance: 1 discrepancy.\n',
  );
});

test('a folder without a database is an error, and is not created', async () => {
  const folder = join(dataDir, 'nothing');
  const { code, output } = await checkLedger(folder);
  expect(code).toBe(2);
  expect(output).toMatch(
    /^millrace: DATA_DIR \(.*nothing\) holds no database\. Start the server once, or name another folder\. \(invalid_settings\)\n$/,
  );
  expect(existsSync(folder)).toBe(false);
});
