import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidBehaviourError } from '../behaviour/parse-behaviour.ts';
import type { ScriptItem } from '../behaviour/named-faults.ts';
import type { LogEntry } from '../control/request-log.ts';
import { GoogleApiError } from '../gemini/google-errors.ts';
import { parseJson, readBody, sendJson } from './json-body.ts';

/** What a test may do with a simulator, in its own process or over HTTP. */
export interface SimulatorControls {
  /**
   * Adds behaviours for the next generate requests, one each, in order.
   *
   * @returns how many are queued now.
   * @throws {InvalidBehaviourError} and adds none.
   */
  script(behaviours: readonly ScriptItem[]): number;
  /**
   * Lets all token counts be answered so, until a reset: by an error, late (`firstDelayMs`), or never.
   *
   * @throws {InvalidBehaviourError}
   */
  counting(behaviour: ScriptItem): void;
  /** The latest 10,000 requests to models, oldest first. */
  log(): LogEntry[];
  /** Forgets the script, the log and how to count, and starts the ids over. Replies under way go on. */
  reset(): void;
}

/** `/__sim/script`, `/__sim/counting`, `/__sim/log` and `/__sim/reset`: the controls over HTTP. */
export async function handleControl(
  controls: SimulatorControls,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const send = (status: number, body: object) => sendJson(response, status, JSON.stringify(body));
  try {
    switch (`${request.method} ${path}`) {
      case 'GET /__sim/log':
        return send(200, controls.log());
      case 'POST /__sim/script':
        return send(200, { queued: controls.script(parseJson(await readBody(request)) as never) });
      case 'POST /__sim/counting':
        controls.counting(parseJson(await readBody(request)) as never);
        return send(200, {});
      case 'POST /__sim/reset':
        controls.reset();
        return send(200, {});
      default:
        return send(404, { error: { code: 404, message: `no ${request.method} ${path}` } });
    }
  } catch (error) {
    if (!(error instanceof InvalidBehaviourError) && !(error instanceof GoogleApiError)) throw error;
    send(400, { error: { code: 400, message: error.message } });
  }
}
