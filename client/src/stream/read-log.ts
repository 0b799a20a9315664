import { ApiError } from '../errors/api-error.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import { backoff, untilVisible, wait } from './backoff.ts';
import { Connection } from './connection.ts';
import { isRetryable } from './is-retryable.ts';
import type { RemoteLog, StreamItem } from './remote-log.ts';
import type { ConnectionState, StreamOptions } from './stream-options.ts';

/**
 * Reads a log over one connection after another, until the server says that no events are left, the signal aborts, or
 * an error is not retryable. A caller that has seen the last event stops reading.
 * @throws ApiError, NetworkError, StreamBrokenError, or the signal's reason.
 */
export async function* readLog(log: RemoteLog, options: StreamOptions): AsyncGenerator<StreamItem, void> {
  let failures = 0;
  let state: ConnectionState = 'open';
  const setState = (next: ConnectionState) => {
    if (next === state) return;
    state = next;
    options.onConnectionChange?.(next);
  };
  while (true) {
    if (options.pauseWhenHidden && log.exists()) await untilVisible(options.signal);
    const connection = new Connection(log, options, () => setState('open'));
    let failure: MillraceError;
    try {
      const isComplete = yield* connection.read();
      if (isComplete) return;
      failure = log.brokenError();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof MillraceError)) throw error;
      failure = error;
    }
    if (connection.disconnectReason === 'hidden') continue;
    if (options.reconnect === false || !isRetryable(failure, log.exists())) throw failure;
    setState('reconnecting');
    failures = connection.wasUseful ? 1 : failures + 1;
    // After a wake-up a person is waiting, and other clients don't wake up at the same moment.
    if (connection.disconnectReason !== 'wake-up') await pause(failure, failures, options.signal);
  }
}

function pause(failure: MillraceError, failures: number, signal: AbortSignal | undefined): Promise<void> {
  const retryAfterMs = failure instanceof ApiError ? (failure.retryAfter ?? 0) * 1000 : 0;
  return wait(Math.max(retryAfterMs, backoff(failures)), signal);
}
