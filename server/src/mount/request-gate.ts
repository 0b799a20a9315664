import { PROBLEMS } from '@millrace/protocol';
import type { Problem } from '@millrace/protocol';

/** What answers a request. */
type Answer<Bindings> = (request: Request, bindings: Bindings) => Response | Promise<Response>;

/** Lets requests through until it is closed, and knows when those under way have been answered. */
export class RequestGate<Bindings> {
  readonly #answer: Answer<Bindings>;
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(answer: Answer<Bindings>) {
    this.#answer = answer;
  }

  async pass(request: Request, bindings: Bindings): Promise<Response> {
    if (this.#isClosed) return refusal();
    const answering = Promise.resolve(this.#answer(request, bindings));
    this.#underWay.add(answering);
    try {
      return await answering;
    } finally {
      this.#underWay.delete(answering);
    }
  }

  /** From now on everybody is refused. @returns when nobody waits for an answer any more, streams apart, or the signal aborts */
  async close(patience: AbortSignal): Promise<void> {
    this.#isClosed = true;
    const aborted = new Promise<void>((resolve) => {
      if (patience.aborted) resolve();
      else patience.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.allSettled(this.#underWay), aborted]);
  }
}

function refusal(): Response {
  const code = 'shutting_down';
  const problem: Omit<Problem, 'requestId'> = {
    type: `urn:millrace:problem:${code}`,
    ...PROBLEMS[code],
    code,
    detail: 'The server is about to end. Try again in a moment.',
  };
  return Response.json(problem, {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
