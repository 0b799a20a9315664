import { ratingBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readBody, readUuid } from '../validation.ts';

/** What somebody thinks of a reply. */
export function ratingRoutes({ store }: Pick<HttpDependencies, 'store'>): Hono<Environment> {
  return new Hono<Environment>()
    .put('/messages/:messageId/rating', async (c) => {
      const messageId = readUuid(c, 'messageId');
      const { rating, note } = await readBody(c, ratingBody);
      await store.rateMessage(c.get('user').id, messageId, { rating, note: note || null });
      return c.body(null, 204);
    })
    .delete('/messages/:messageId/rating', async (c) => {
      await store.rateMessage(c.get('user').id, readUuid(c, 'messageId'), null);
      return c.body(null, 204);
    });
}
