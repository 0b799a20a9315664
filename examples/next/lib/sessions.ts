import { randomUUID } from 'node:crypto';

export interface Person {
  id: string;
  name: string;
}

// On `globalThis`, because Next.js loads a module several times in development and in a build.
const shared = globalThis as { sessions?: Map<string, Person> };

/** The signed-in people by session. A real application checks a password and stores sessions in its database. */
const sessions = (shared.sessions ??= new Map());

export function beginSession(name: string): string {
  const session = randomUUID();
  sessions.set(session, { id: name.toLowerCase(), name });
  return session;
}

export function personOf(cookies: string | null): Person | null {
  const [, session = ''] = /(?:^|; )session=([^;]+)/.exec(cookies ?? '') ?? [];
  return sessions.get(session) ?? null;
}
