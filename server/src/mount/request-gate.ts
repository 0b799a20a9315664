import { PROBLEMS } from '@millrace/protocol';
import type { Problem } from '@millrace/protocol';

/** Answers a request. */
type Answer<Bindings> = (request: Request, bindings: Bindings) => Response | Promise<Response>;

/** Passes requests until it is closed, and then waits until the open ones are answered. */
export class RequestGate<Bindings> {
  readonly #answer: Answer<Bindings>;
  readonly #openRequests = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(answer: Answer<Bindings>) {
    this.#answer = answer;
  }

  async pass(request: Request, bindings: Bindings): Promise<Response> {
    if (this.#isClosed) return refusal();
    const answering = Promise.resolve(this.#answer(request, bindings));
    this.#openRequests.add(answering);
    try {
      return await answering;
    } finally {
      this.#openRequests.delete(answering);
    }
  }

  /** Refuses new requests. Resolves when all open requests have a response (streams may still run), or the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosed = true;
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.allSettled(this.#openRequests), aborted]);
  }
}

function refusal(): Response {
  const code = 'shutting_down';
  const problem: Omit<Problem, 'requestId'> = {
    type: `urn:millrace:problem:${code}`,
    ...PROBLEMS[code],
    code,
    detail: 'The server is shutting down. Try again in a moment.',
  };
  return Response.json(problem, {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
