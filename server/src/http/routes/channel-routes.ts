import { formatEventId } from '@millrace/protocol';
import { Hono } from 'hono';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { readQuery, readUuid } from '../validation.ts';

const channelQuery = z.object({ after: z.coerce.number().int().min(0).max(1e15).optional() });

/** What happens in a chat, for other tabs and devices to follow. */
export function channelRoutes({ store, channel, readers }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/chats/:chatId/events', async (c) => {
    const chatId = readUuid(c, 'chatId');
    const { after } = readQuery(c, channelQuery);
    const cursor = readChannelCursor(c, chatId) ?? after ?? null;
    await store.findChat(c.get('user').id, chatId);
    const tail = await channel.open(chatId, cursor);
    if (cursor !== null && cursor > tail.last) {
      throw new ProblemError(
        'cursor_ahead',
        `The channel is at ${tail.last}; nobody can have seen ${cursor}.`,
      );
    }
    if (cursor !== null) return streamEvents(c, readers, tail, cursor, encodeNativeFrames);
    // Its id is where the channel is, for one who leaves before anything was told.
    const opened = `id: ${formatEventId(chatId, tail.last)}\nevent: opened\ndata: {}\n\n`;
    return streamEvents(c, readers, tail, tail.last, encodeNativeFrames, { greeting: opened });
  });
}

/** @throws ProblemError `invalid_event_id` */
function readChannelCursor(c: AppContext, chatId: string): number | null {
  const header = c.req.header('last-event-id');
  if (header === undefined || header === '') return null;
  const [id, sequence = '', ...rest] = header.split(':');
  if (id === chatId && rest.length === 0 && /^\d{1,15}$/.test(sequence)) return Number(sequence);
  throw new ProblemError('invalid_event_id', 'Last-Event-ID is not of this chat.');
}
