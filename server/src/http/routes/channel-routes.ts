import { formatEventId } from '@millrace/protocol';
import { channelEventSchema } from '@millrace/protocol/schemas';
import { ProblemError } from '../../core/errors.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { eventStream } from '../route-answer.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { afterQuery } from './after-query.ts';

/** The changes of a chat, for other tabs and devices to follow. */
export function channelRoutes({ store, channel, readers }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/chats/:chatId/events',
      id: 'followChat',
      summary: 'The changes of a chat, as a stream',
      caller: 'user',
      headers: ['Last-Event-ID'],
      query: afterQuery,
      answers: [eventStream(channelEventSchema, 'Open until the chat is deleted')],
      problems: ['invalid_event_id', 'cursor_ahead'],
      async handler({ c, user, params: { chatId }, query: { after } }) {
        const cursor = readChannelCursor(c, chatId) ?? after ?? null;
        await store.findChat(user.id, chatId);
        const tail = await channel.open(chatId, cursor);
        if (cursor !== null && cursor > tail.last) {
          throw new ProblemError(
            'cursor_ahead',
            `Event ${cursor} doesn’t exist yet. The last is ${tail.last}.`,
          );
        }
        if (cursor !== null) return streamEvents(c, readers, tail, cursor, encodeNativeFrames);
        // The id says where the channel is, for a client that disconnects before the first event.
        const opened = `id: ${formatEventId(chatId, tail.last)}\nevent: opened\ndata: {}\n\n`;
        return streamEvents(c, readers, tail, tail.last, encodeNativeFrames, { greeting: opened });
      },
    }),
  ];
}

/** @throws ProblemError `invalid_event_id` */
function readChannelCursor(c: AppContext, chatId: string): number | null {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return null;
  const [id, sequence = '', ...rest] = header.split(':');
  if (id === chatId && rest.length === 0 && /^\d{1,15}$/.test(sequence)) return Number(sequence);
  throw new ProblemError('invalid_event_id', 'Last-Event-ID doesn’t belong to this chat.');
}
