import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BehaviourChoice } from './control/behaviour-choice.ts';
import { RequestLog } from './control/request-log.ts';
import { type SimulatorControls, handleControl } from './http/control-routes.ts';
import { handleGemini } from './http/gemini-routes.ts';
import { GenerationRoutes } from './http/generation-routes.ts';
import type { Pace } from './reply/send-reply.ts';

export interface SimulatorOptions {
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Makes contents, chunk lengths and ids; the same seed gives the same ones. Default 1. */
  seed?: number;
  /** Default true. False is the demo: no `/__sim`, no `x-sim` header, no `sim-…` models, no log. */
  control?: boolean;
  /** Default: no delays, 72 characters a chunk. */
  pace?: Partial<Pace>;
  /** What is answered where no behaviour says it. Default `echo`: the last user text, exactly. */
  mode?: 'echo' | 'prose';
  /** The folder `replay` may read files from. */
  recordings?: string;
  /** Keys answered with API_KEY_INVALID. Default `['invalid']`. */
  invalidKeys?: readonly string[];
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

const testPace: Pace = { firstDelayMs: 0, chunkDelayMs: 0, chunkChars: 72 };

/** Starts a simulator; it answers when the promise resolves. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', seed = 1, control = true, mode = 'echo', invalidKeys = ['invalid'] } = options;
  const choice = new BehaviourChoice(control);
  const log = new RequestLog(control ? 10_000 : 0);
  const settings = { seed, mode, pace: { ...testPace, ...options.pace }, recordings: options.recordings };
  const generation = new GenerationRoutes(settings, choice);
  const controls: SimulatorControls = {
    script: (behaviours) => {
      choice.script(behaviours);
      return choice.queued;
    },
    counting: (behaviour) => choice.count(behaviour),
    log: () => log.entries(),
    reset: () => {
      choice.clear();
      log.clear();
      generation.reset();
    },
  };
  const handle = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://simulator${request.url ?? '/'}`);
    if (control && url.pathname.startsWith('/__sim/')) {
      return handleControl(controls, request, response, url.pathname);
    }
    return handleGemini({ generation, log, invalidKeys }, request, response, url);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!request.destroyed) process.emitWarning(error instanceof Error ? error : String(error));
      response.destroy();
    });
  });
  // A kept connection closed by the server just as a request comes would look like a fault.
  server.keepAliveTimeout = 60_000;
  server.listen({ port: options.port ?? 0, host, backlog: 4096 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...controls,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
