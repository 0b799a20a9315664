import type { Child } from './child.ts';

/** A call from one process to another over Node's channel between parent and child. */
interface Call {
  id: number;
  name: string;
  argument: unknown;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** Functions of one argument that a child process offers by name. */
export type Calls = Record<string, (argument: never) => unknown>;

/** Called in the child: answers the calls of the parent. */
export function answerCalls(calls: Calls): void {
  process.on('message', (call: Call) => void answer(calls, call));
}

async function answer(calls: Calls, { id, name, argument }: Call): Promise<void> {
  let reply: Answer;
  try {
    const run = calls[name] as ((argument: unknown) => unknown) | undefined;
    if (run === undefined) throw new Error(`There is no call "${name}"`);
    reply = { id, result: await run(argument) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(reply);
}

/** The parent's side of those calls. */
export class Caller<Offered extends Calls> {
  readonly #child: Child;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(child: Child) {
    this.#child = child;
    child.process.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.process.once('exit', () => {
      for (const [id, resolve] of this.#waiting) resolve({ id, error: 'The process has ended' });
      this.#waiting.clear();
    });
  }

  call<Name extends keyof Offered & string>(
    name: Name,
    ...[argument]: Parameters<Offered[Name]>
  ): Promise<Awaited<ReturnType<Offered[Name]>>> {
    this.#child.check();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result as Awaited<ReturnType<Offered[Name]>>);
        else reject(new Error(error));
      });
      this.#child.process.send({ id, name, argument } satisfies Call);
    });
  }
}
