import { channelEventSchema, pageSchema, searchHitSchema } from '@millrace/protocol/schemas';
import { ratingBody, searchQuery } from '@millrace/protocol/requests';
import { z } from 'zod';
import { eventStream, nothing, ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

const after = z.object({ after: z.int().min(0).optional() });
export const chatOperations: readonly Operation[] = [
  {
    route: 'GET /api/search',
    id: 'search',
    summary: 'Titles and messages in which some words are',
    query: searchQuery,
    answers: [ok(pageSchema(searchHitSchema))],
  },
  {
    route: 'GET /api/chats/{chatId}/events',
    id: 'followChat',
    summary: 'What happens in a chat, as a stream',
    headers: ['Last-Event-ID'],
    query: after,
    answers: [eventStream(channelEventSchema, 'Open until the chat is deleted')],
    problems: ['invalid_event_id', 'cursor_ahead'],
  },
  {
    route: 'PUT /api/messages/{messageId}/rating',
    id: 'rateReply',
    summary: 'Say what one thinks of a reply',
    body: ratingBody,
    answers: [nothing('It is rated so')],
  },
  {
    route: 'DELETE /api/messages/{messageId}/rating',
    id: 'takeRatingBack',
    summary: 'Take a rating back',
    answers: [nothing('It has none')],
  },
];
