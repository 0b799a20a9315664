import { ApiError } from '../errors/api-error.ts';
import { MillraceError } from '../errors/millrace-error.ts';
import { backoff, untilVisible, wait } from './backoff.ts';
import { Connection } from './connection.ts';
import type { ConnectionState, Heard, Log, StreamOptions } from './log.ts';
import { mayRepeat } from './may-repeat.ts';

/**
 * Reads a log over one connection after another, until the server says that nothing is left, the signal aborts, or an
 * error comes that asking again won't mend. Who has seen the last event reads no further.
 * @throws ApiError, NetworkError, StreamBrokenError, or the signal's reason.
 */
export async function* readLog(log: Log, options: StreamOptions): AsyncGenerator<Heard, void> {
  const changeState = stateChanges(options);
  let failures = 0;
  while (true) {
    if (options.pauseWhenHidden && log.begun()) await untilVisible(options.signal);
    const connection = new Connection(log, options, () => changeState('open'));
    let failure: MillraceError;
    try {
      const over = yield* connection.hear();
      if (over) return;
      failure = log.broken();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof MillraceError)) throw error;
      failure = error;
    }
    if (connection.loss === 'hidden') continue;
    if (options.reconnect === false || !mayRepeat(failure, log.begun())) throw failure;
    changeState('reconnecting');
    failures = connection.worked ? 1 : failures + 1;
    // Whoever has just woken up shouldn't wait, and is too alone to make a crowd.
    if (connection.loss !== 'wake-up') await pause(failure, failures, options.signal);
  }
}

function pause(failure: MillraceError, failures: number, signal: AbortSignal | undefined): Promise<void> {
  const asked = failure instanceof ApiError ? (failure.retryAfter ?? 0) * 1000 : 0;
  return wait(Math.max(asked, backoff(failures)), signal);
}

/** Reports each state that is not the one before. */
function stateChanges({ onConnectionChange }: StreamOptions): (state: ConnectionState) => void {
  let current: ConnectionState = 'open';
  return (state) => {
    if (state === current) return;
    current = state;
    onConnectionChange?.(state);
  };
}
