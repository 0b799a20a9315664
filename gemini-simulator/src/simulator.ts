import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api, Memory, Pace, Settings, SimulatorControls } from './api.ts';
import { InvalidBehaviourError, parseBehaviour } from './behaviour/parse-behaviour.ts';
import { handle } from './http/routes.ts';

export interface SimulatorOptions extends Partial<Settings> {
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: no delays, 72 characters a chunk. */
  pace?: Partial<Pace>;
}

/** A Gemini API on loopback; the methods do what `/__sim/…` does over HTTP. */
export interface Simulator extends SimulatorControls {
  /** For instance `http://127.0.0.1:8089`. */
  readonly url: string;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** The pace of a demo: Gemini's, in smaller chunks, so that one sees it stream. */
export const demoPace: Pace = { firstDelayMs: 350, chunkDelayMs: 40, chunkChars: 24 };

const defaults: Settings = {
  seed: 1,
  control: true,
  mode: 'echo',
  recordings: undefined,
  invalidKeys: ['invalid'],
  quota: undefined,
  billsAfterAbort: false,
  now: Date.now,
};

/** Starts a simulator; it answers when the promise resolves. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1' } = options;
  const pace = { firstDelayMs: 0, chunkDelayMs: 0, chunkChars: 72, ...options.pace };
  const nothing = (): Memory => ({
    log: [],
    script: [],
    counting: {},
    continuations: new Map(),
    admitted: new Map(),
    replies: 0,
  });
  const controls: SimulatorControls = {
    script: (items) => {
      if (!Array.isArray(items)) throw new InvalidBehaviourError('a script is a list of behaviours');
      return api.script.push(...items.map(parseBehaviour));
    },
    counting: (item) => void (api.counting = parseBehaviour(item)),
    // Copies, so that what a test holds doesn't change under it.
    log: () => api.log.map((entry) => ({ ...entry })),
    reset: () => void Object.assign(api, nothing()),
  };
  const api: Api = { ...defaults, ...options, ...nothing(), pace, controls };
  const server = createServer((request, response) => {
    handle(api, request, response).catch((error: unknown) => {
      if (!request.destroyed) process.emitWarning(error instanceof Error ? error : String(error));
      response.destroy();
    });
  });
  // A kept connection closed by the server just as a request comes would look like a fault.
  server.keepAliveTimeout = 60_000;
  server.listen({ port, host, backlog: 4096 });
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    ...controls,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
