/**
 * Records the state of a server for the upgrade tests: run it once for each released state, with the folder of a checkout of that
 * commit and the name of a new folder beside this file, and commit what it writes. It needs MILLRACE_POSTGRES_BIN, which
 * `npm test` finds.
 *
 *     node test/upgrade/record-state.ts <checkout> 2026-11-dc19e59
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { startSimulator } from 'millrace-gemini-simulator';
import { PostgresServer } from '../support/postgres-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import * as scenario from './populate.ts';
import type { People } from './populate.ts';
import type { RecordedState, Storage } from './state.ts';

const YEAR_2100_MS = Date.UTC(2100, 0, 1);
/** The files of `DATA_DIR` after the server was killed. */
const DATA_FILES = ['millrace.db', 'millrace.db-wal', 'accounts.db', 'accounts.db-wal', 'secret'];

const [checkout = '', name = ''] = process.argv.slice(2);
if (checkout === '' || name === '') throw new Error('Name a checkout and a new folder');
const main = join(resolve(checkout), 'server/src/main.ts');
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();

await record('sqlite', {});
await using postgres = await PostgresServer.start();
await record('postgres', { DATABASE_URL: postgres.url });

async function record(storage: Storage, settings: Record<string, string>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-state-'));
  const out = join(import.meta.dirname, name, storage);
  await mkdir(out, { recursive: true });
  const state = await runScenario(dataDir, settings);
  await (storage === 'sqlite' ? saveDataDir(dataDir, out) : savePostgres(out));
  await writeFile(join(out, 'state.json.gz'), gzipSync(JSON.stringify(state), { level: 9 }));
  await rm(dataDir, { recursive: true });
}

/** Runs the server of the checkout, fills it with data of every kind, and kills it while replies are running. */
async function runScenario(dataDir: string, settings: Record<string, string>): Promise<RecordedState> {
  const simulator = await startSimulator({ pace: { chunkDelayMs: 20, chunkChars: 24 } });
  const needed = { JWT_SECRET: 'the secret of the host application, for tests only' };
  const environment = {
    ...testEnvironment(simulator.url, dataDir),
    REPLY_CACHE_TTL: '1d',
    ...settings,
    ...needed,
  };
  const empty = { passwords: [], answers: [], exports: [], media: [], replays: [], running: [] };
  const state: RecordedState = { commit, protocol: 0, settings: needed, tokens: {}, chatIds: {}, ...empty };

  let server = await ServerProcess.start(environment, { main });
  let people = await scenario.signUpPeople(server.url, state);
  const tree = await scenario.fillTree(people.ada, simulator);
  const pictures = await scenario.fillMedia(people.grace, simulator);
  await server.terminate();

  const background = { CHAT_TITLES: 'on', CONTEXT_SUMMARY: 'on', CONTEXT_MESSAGES: '2' };
  server = await ServerProcess.start({ ...environment, ...background }, { main });
  people = moved(people, server.url);
  await scenario.fillBackgroundWork(people.ada, simulator);
  await server.terminate();

  server = await ServerProcess.start(environment, { main });
  people = moved(people, server.url);
  await scenario.fillTheRest(people, { tree, pictures }, state);
  await scenario.startRunningReplies(people, simulator, state);
  await scenario.recordAnswers(people, state);
  await server.kill();
  await simulator.close();
  return state;
}

function moved(people: People, url: string): People {
  const entries = Object.entries(people).map(([key, client]) => [key, client.at(url)]);
  return Object.fromEntries(entries) as People;
}

/** Saves a copy in which sessions expire, and guests were last seen, in 2100, so that the test runs in any year. */
async function saveDataDir(dataDir: string, out: string): Promise<void> {
  const accounts = new DatabaseSync(join(dataDir, 'accounts.db'));
  accounts.exec(`update session set "expiresAt" = '2100-01-01T00:00:00.000Z'`);
  const database = new DatabaseSync(join(dataDir, 'millrace.db'));
  database.exec('pragma wal_checkpoint(truncate)');
  database.exec(`update users set seen_at = ${YEAR_2100_MS} where kind = 'guest'`);
  // The connections are still open, so each file is copied with its WAL, as in a backup of a running server.
  for (const file of DATA_FILES) {
    if (!existsSync(join(dataDir, file))) continue;
    const bytes = await readFile(join(dataDir, file));
    await writeFile(join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
  accounts.close();
  database.close();
}

async function savePostgres(out: string): Promise<void> {
  await postgres.ask(`update accounts.session set "expiresAt" = '2100-01-01'`);
  await postgres.ask(`update users set seen_at = ${YEAR_2100_MS} where kind = 'guest'`);
  const pgDump = join(process.env.MILLRACE_POSTGRES_BIN ?? '', 'pg_dump');
  const options = ['--no-owner', '--no-privileges', '--inserts', `--dbname=${postgres.url}`];
  const dump = execFileSync(pgDump, options, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  // Lines such as `\restrict` are commands of psql.
  const sql = dump.replaceAll(/^\\.*$/gm, '');
  await writeFile(join(out, 'dump.sql.gz'), gzipSync(sql, { level: 9 }));
}
