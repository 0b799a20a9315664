import { ratingBody } from '@millrace/protocol/requests';
import type { HttpDependencies } from '../environment.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { noContent } from '../route-answer.ts';

/** A user's ratings of replies. */
export function ratingRoutes({ store }: Pick<HttpDependencies, 'store'>): Route[] {
  return [
    route({
      method: 'PUT',
      path: '/api/messages/:messageId/rating',
      id: 'rateReply',
      summary: 'Rate a reply',
      caller: 'user',
      body: json(ratingBody),
      answers: [noContent('The reply is rated')],
      async handler({ c, user, params: { messageId }, body: { rating, note } }) {
        await store.rateMessage(user.id, messageId, { rating, note: note || null });
        return c.body(null, 204);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/messages/:messageId/rating',
      id: 'takeRatingBack',
      summary: 'Delete a rating',
      caller: 'user',
      answers: [noContent('The reply has no rating')],
      async handler({ c, user, params: { messageId } }) {
        await store.rateMessage(user.id, messageId, null);
        return c.body(null, 204);
      },
    }),
  ];
}
