import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';

export interface Person {
  id: string;
  name: string;
}

/** The signed-in people by session. A real application checks a password and stores sessions in its database. */
@Injectable()
export class Sessions {
  readonly #people = new Map<string, Person>();

  begin(name: string): string {
    const session = randomUUID();
    this.#people.set(session, { id: name.toLowerCase(), name });
    return session;
  }

  find(cookies = ''): Person | undefined {
    const [, session = ''] = /(?:^|; )session=([^;]+)/.exec(cookies) ?? [];
    return this.#people.get(session);
  }
}
