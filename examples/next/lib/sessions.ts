import { randomUUID } from 'node:crypto';

export interface Person {
  id: string;
  name: string;
}

// Modules are loaded anew while one develops, and several times in a build: what must be one is kept here.
const kept = globalThis as { sessions?: Map<string, Person> };

/** Who is signed in. A real application asks for a password and keeps sessions in its database. */
const sessions = (kept.sessions ??= new Map());

export function beginSession(name: string): string {
  const session = randomUUID();
  sessions.set(session, { id: name.toLowerCase(), name });
  return session;
}

export function personOf(cookies: string | null): Person | null {
  const [, session = ''] = /(?:^|; )session=([^;]+)/.exec(cookies ?? '') ?? [];
  return sessions.get(session) ?? null;
}
