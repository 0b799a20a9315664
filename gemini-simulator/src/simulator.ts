import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidBehaviourError, parseBehaviour } from './behaviour.ts';
import { handle } from './routes.ts';
import { type Controls, type Pace, type Settings, type State, defaults, emptyMemory } from './state.ts';

export type SimulatorOptions = Partial<Omit<Settings, 'pace'>> & { pace?: Partial<Pace> };

/** A Gemini API on loopback. The methods correspond to `/__sim/…` over HTTP. */
export interface Simulator extends Controls {
  /** As in `http://127.0.0.1:8089`. */
  readonly url: string;
  /** Closes the server and all connections. */
  close(): Promise<void>;
}

/** The pace of a demo: Gemini's, with smaller chunks, so that streaming is visible. */
export const demoPace: Pace = { firstDelayMs: 350, chunkDelayMs: 40, chunkChars: 24 };

/** Starts a simulator. It accepts requests when the promise resolves. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const pace = { ...defaults.pace, ...options.pace };
  const controls: Controls = {
    script: (items) => {
      if (!Array.isArray(items)) throw new InvalidBehaviourError('a script must be a list of behaviours');
      return state.script.push(...items.map(parseBehaviour));
    },
    counting: (item) => void (state.counting = parseBehaviour(item)),
    // Copies, so that entries that a test holds don't change.
    log: () => state.log.map((entry) => ({ ...entry })),
    reset: () => void Object.assign(state, emptyMemory()),
  };
  const state: State = { ...defaults, ...options, pace, ...emptyMemory(), controls };
  const { port, host } = state;
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error: unknown) => {
      const isGone = !request.complete || (error instanceof Error && error.name === 'AbortError');
      if (!isGone) process.emitWarning(error instanceof Error ? error : String(error));
      response.destroy();
    });
  });
  // Long, because closing an idle connection while a request arrives would look like a fault.
  server.keepAliveTimeout = 60_000;
  server.listen({ port, host, backlog: 4096 });
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    ...controls,
    close: async () => {
      const closed = server[Symbol.asyncDispose]();
      server.closeAllConnections();
      await closed;
    },
  };
}
