import { Client } from 'pg';
import type { Logger } from '../../../ports/logger.ts';
import { Reconnection } from '../../system/reconnection.ts';

/** How long a connection attempt or a query may take. */
const TIMEOUT_MS = 5000;
/** How often the connection is checked: a cut line isn't reported. */
const PING_INTERVAL_MS = 3000;

/** Receives the notifications of one channel. */
export interface NotificationListener {
  onNotification(payload: string): void;
  /** Notifications may have been missed: the connection is new. */
  onGap(): void;
}

/** The one connection of this process that receives notifications. It reconnects until it is closed. */
export class PostgresListener {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, NotificationListener>();
  readonly #reconnection = new Reconnection();
  #client: Client | null = null;

  constructor({ url, logger }: { url: string; logger: Logger }) {
    this.#url = url;
    this.#logger = logger;
  }

  /** Call this before `start`, once for each channel. */
  listen(channel: string, listener: NotificationListener): void {
    this.#listeners.set(channel, listener);
  }

  /** Resolves when it is connected, or when the first attempt has failed. */
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
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
    });
    this.#client = client;
    client.on('error', (error) => this.#onLost(client, error));
    client.on('end', () => this.#onLost(client, new Error('The connection was closed')));
    client.on('notification', ({ channel, payload = '' }) =>
      this.#listeners.get(channel)?.onNotification(payload),
    );
    try {
      await client.connect();
      for (const channel of this.#listeners.keys()) await client.query(`listen ${channel}`);
    } catch (error) {
      this.#onLost(client, error);
      return;
    }
    this.#reconnection.connected();
    this.#reconnection.schedule(PING_INTERVAL_MS, () => this.#ping(client));
    for (const listener of this.#listeners.values()) listener.onGap();
  }

  async #ping(client: Client): Promise<void> {
    try {
      await client.query('select 1');
    } catch (error) {
      this.#onLost(client, error);
      return;
    }
    if (this.#client === client) this.#reconnection.schedule(PING_INTERVAL_MS, () => this.#ping(client));
  }

  #onLost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    // A connection that doesn't answer doesn't answer a graceful close either.
    client.end().catch(() => {});
    client.connection.stream.destroy();
    if (this.#reconnection.isClosed) return;
    if (this.#reconnection.failures === 0)
      this.#logger.warn({ err: error }, 'lost the connection for PostgreSQL notifications; reconnecting');
    this.#reconnection.reconnect(() => this.#connect());
  }
}
