import { Client } from 'pg';
import type { Logger } from '../../../ports/logger.ts';
import { Reconnection } from '../../system/reconnection.ts';

/** How long a connection may take to begin, or to answer (ms). */
const TIMEOUT = 5000;
/** How often it is seen whether the server still answers: of a cut line nobody is told (ms). */
const PING_INTERVAL = 3000;

/** Who is told what PostgreSQL notifies of. */
export interface Listening {
  told(payload: string): void;
  /** Something may not have been told: the connection was away, or comes only now. */
  missed(): void;
}

/** The one connection of this process that hears what other nodes notify of. It is made anew for ever. */
export class PostgresListener {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #listening = new Map<string, Listening>();
  readonly #reconnection = new Reconnection();
  #client: Client | null = null;

  constructor({ url, logger }: { url: string; logger: Logger }) {
    this.#url = url;
    this.#logger = logger;
  }

  /** To be called before `start`, once for each channel. */
  listen(channel: string, listening: Listening): void {
    this.#listening.set(channel, listening);
  }

  /** Resolves when it hears, or has found that it can't yet. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async close(): Promise<void> {
    this.#reconnection.close();
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  /** Never rejects. */
  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      application_name: 'millrace-listener',
      connectionTimeoutMillis: TIMEOUT,
      query_timeout: TIMEOUT,
      keepAlive: true,
    });
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('The connection was closed')));
    client.on('notification', ({ channel, payload = '' }) => this.#listening.get(channel)?.told(payload));
    try {
      await client.connect();
      for (const channel of this.#listening.keys()) await client.query(`listen ${channel}`);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    this.#reconnection.connected();
    this.#reconnection.after(PING_INTERVAL, () => this.#ping(client));
    for (const listening of this.#listening.values()) listening.missed();
  }

  async #ping(client: Client): Promise<void> {
    try {
      await client.query('select 1');
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#client === client) this.#reconnection.after(PING_INTERVAL, () => this.#ping(client));
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    // A connection that doesn't answer doesn't answer to a goodbye either.
    client.end().catch(() => {});
    client.connection.stream.destroy();
    if (this.#reconnection.isClosed) return;
    if (this.#reconnection.failures === 0)
      this.#logger.warn({ err: error }, 'news from other nodes can’t be heard right now');
    this.#reconnection.again(() => this.#connect());
  }
}
