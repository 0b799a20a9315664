import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseProcess } from './database-process.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** Where `postgres` and `initdb` are. `npm test` finds them. */
const BIN = process.env.MILLRACE_POSTGRES_BIN ?? '';

/** Why no PostgreSQL can be started here; empty when one can. */
export const noPostgresServer = BIN === '' && process.env.CI !== 'true' ? 'no MILLRACE_POSTGRES_BIN' : '';

/** What a killed process has written is written: only a crash of the whole machine would need more. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '500',
  fsync: 'off',
  full_page_writes: 'off',
};

/** A PostgreSQL on loopback with data of its own, whose user `postgres` may do anything. */
export class PostgresServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #process: DatabaseProcess | null = null;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Resolves when it takes connections. */
  static async start(): Promise<PostgresServer> {
    if (BIN === '') throw new Error('MILLRACE_POSTGRES_BIN is not set');
    const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
    const owner = otherUser();
    if (owner !== null) await chown(folder, owner.uid, owner.gid);
    const options = ['--auth=trust', '--username=postgres', '--no-locale', '--encoding=UTF8', '--no-sync'];
    const { status, stderr, error } = spawnSync(
      join(BIN, 'initdb'),
      [...options, `--pgdata=${join(folder, 'data')}`],
      { cwd: folder, ...owner },
    );
    if (status !== 0) throw new Error(`initdb: ${String(stderr)}`, { cause: error });
    const server = new PostgresServer(folder, await freePort());
    await server.restart();
    return server;
  }

  /** Of its process; of PostgreSQL's, that which starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** Starts it anew with its data; if it runs it is shut down before. */
  async restart(): Promise<void> {
    await this.#process?.end('SIGINT');
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', join(this.#folder, 'data'), '-p', String(this.#port), ...settings];
    await until('PostgreSQL starts', async () => {
      try {
        const options = { cwd: this.#folder, ...otherUser() };
        this.#process = await DatabaseProcess.start(join(BIN, 'postgres'), args, options);
        return true;
      } catch (error) {
        // The children of one that was killed are told so by the system, a moment later.
        if (error instanceof Error && error.message.includes('still in use')) return false;
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.end('SIGINT');
    await rm(this.#folder, { recursive: true });
  }
}

/** Who runs it where that would be root, which PostgreSQL refuses to be; null for ourselves. */
function otherUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const [uid, gid] = ['-u', '-g'].map((which) => idOf('postgres', which) ?? idOf('nobody', which));
  if (uid === undefined || gid === undefined) throw new Error('No user postgres or nobody to run PostgreSQL');
  return { uid, gid };
}

function idOf(user: string, which: string): number | undefined {
  const { status, stdout } = spawnSync('id', [which, user]);
  return status === 0 ? Number(stdout) : undefined;
}
