import { pageSchema, searchHitSchema } from '@millrace/protocol/schemas';
import { searchQuery } from '@millrace/protocol/requests';
import type { HttpDependencies } from '../environment.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ok } from '../route-answer.ts';

export function searchRoutes({ store }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/search',
      id: 'search',
      summary: 'Your chats whose title or messages contain all of the words',
      caller: 'user',
      query: searchQuery,
      answers: [ok(pageSchema(searchHitSchema))],
      async handler({ c, user, query: { q: text, cursor, limit } }) {
        return c.json(await store.searchMessages(user.id, { text, cursor, limit }));
      },
    }),
  ];
}
