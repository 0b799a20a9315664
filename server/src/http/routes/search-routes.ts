import { searchQuery } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readQuery } from '../validation.ts';

/** In one's own chats. */
export function searchRoutes({ store }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/search', async (c) => {
    const { q: text, cursor, limit } = readQuery(c, searchQuery);
    return c.json(await store.searchMessages(c.get('user').id, { text, cursor, limit }));
  });
}
