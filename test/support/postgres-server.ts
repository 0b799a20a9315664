import { spawnSync } from 'node:child_process';
import { appendFile, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DatabaseProcess } from './database-process.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** The folder of `postgres` and `initdb`. `npm test` sets it. */
const BIN = process.env.MILLRACE_POSTGRES_BIN ?? '';

/** Why no PostgreSQL can be started here; empty if one can. */
export const noPostgresServer = BIN === '' && process.env.CI !== 'true' ? 'no MILLRACE_POSTGRES_BIN' : '';

/** Without fsync: what a process has written survives when it is killed. Only a crash of the machine would lose it. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '500',
  fsync: 'off',
  full_page_writes: 'off',
};

/** A PostgreSQL on loopback with its own data. Its user `postgres` is a superuser. */
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
    const options = ['--auth=trust', '--username=postgres', '--no-locale', '--encoding=UTF8', '--no-sync'];
    return PostgresServer.#make((data) => ['initdb', ...options, `--pgdata=${data}`]);
  }

  /** A synchronous standby: it has each commit of the primary before the primary confirms it, and can be promoted. */
  static async standbyOf(primary: PostgresServer): Promise<PostgresServer> {
    const { hostname, port, username } = new URL(primary.url);
    const from = [`--host=${hostname}`, `--port=${port}`, `--username=${username}`, '--checkpoint=fast'];
    const standby = await PostgresServer.#make((data) => [
      'pg_basebackup',
      ...from,
      '--no-sync',
      '--write-recovery-conf',
      `--pgdata=${data}`,
    ]);
    await primary.ask("alter system set synchronous_standby_names = '*'");
    await primary.ask('select pg_reload_conf()');
    await until('the standby is synchronous', async () => {
      const rows = await primary.ask("select from pg_stat_replication where sync_state = 'sync'");
      return rows.length === 1;
    });
    return standby;
  }

  /** @param command creates the data folder */
  static async #make(command: (data: string) => string[]): Promise<PostgresServer> {
    if (BIN === '') throw new Error('MILLRACE_POSTGRES_BIN is not set');
    const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
    const owner = otherUser();
    if (owner !== null) await chown(folder, owner.uid, owner.gid);
    const [program = '', ...args] = command(join(folder, 'data'));
    const { status, stderr, error } = spawnSync(join(BIN, program), args, { cwd: folder, ...owner });
    if (status !== 0) throw new Error(`${program}: ${String(stderr)}`, { cause: error });
    const server = new PostgresServer(folder, await freePort());
    await server.restart();
    return server;
  }

  /** The process id; for PostgreSQL of the process that starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Ends it at once, as a power cut would. Without their parent, its processes would first answer the queries that they have. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Starts it again with its data, after shutting it down if it runs. */
  async restart(): Promise<void> {
    await this.stop();
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', join(this.#folder, 'data'), '-p', String(this.#port), ...settings];
    await until('PostgreSQL starts', async () => {
      try {
        const options = { cwd: this.#folder, ...otherUser() };
        this.#process = await DatabaseProcess.start(join(BIN, 'postgres'), args, options);
        return true;
      } catch (error) {
        // The children of a killed server end a moment after it.
        if (error instanceof Error && error.message.includes('still in use')) return false;
        throw error;
      }
    });
  }

  /** Makes it a standby of its former standby, which was promoted while this server was down. */
  async follow({ url }: PostgresServer): Promise<void> {
    const data = join(this.#folder, 'data');
    const { hostname, port, username } = new URL(url);
    const settings = [
      `primary_conninfo = 'host=${hostname} port=${port} user=${username}'`,
      `synchronous_standby_names = ''`,
    ];
    await appendFile(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
    await writeFile(join(data, 'standby.signal'), '');
    await this.restart();
  }

  /** Shuts it down, after its standby has received everything. */
  async stop(): Promise<void> {
    await this.#process?.end('SIGINT');
  }

  async ask(text: string): Promise<unknown[]> {
    const client = new Client(this.url);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true });
  }
}

/** The user that runs PostgreSQL, which refuses to run as root; null for the user of this process. */
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
