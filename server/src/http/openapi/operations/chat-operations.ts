import {
  channelEvent,
  chat,
  generation,
  message,
  page,
  replyEvent,
  searchHit,
} from '@millrace/protocol/answers';
import {
  createChatBody,
  listChatsQuery,
  listMessagesQuery,
  ratingBody,
  regenerateBody,
  searchQuery,
  sendMessageBody,
  updateChatBody,
} from '@millrace/protocol/requests';
import { z } from 'zod';
import type { HttpSettings } from '../../environment.ts';
import { created, eventStream, nothing, ok, starting } from '../operation.ts';
import type { Operation } from '../operation.ts';

const after = z.object({ after: z.int().min(0).optional() });
const starts = {
  ...starting,
  answers: [
    eventStream(replyEvent, 'The events of the reply; sent again with `Last-Event-ID`, those after it'),
  ],
};

export function chatOperations({
  maxOutputTokens,
  maxMessageChars: maxChars,
  maxAttachments,
}: Pick<HttpSettings, 'maxOutputTokens' | 'maxMessageChars' | 'maxAttachments'>): readonly Operation[] {
  return [
    {
      route: 'GET /api/chats',
      id: 'listChats',
      summary: 'Chats: pinned first, then by last change',
      query: listChatsQuery,
      answers: [ok(page(chat))],
    },
    {
      route: 'POST /api/chats',
      id: 'createChat',
      summary: 'Create a chat',
      headers: ['Idempotency-Key'],
      body: createChatBody({ maxOutputTokens, maxChars }),
      isBodyOptional: true,
      answers: [created(chat, 'The chat')],
      problems: ['chat_limit', 'idempotency_mismatch'],
    },
    { route: 'GET /api/chats/{chatId}', id: 'getChat', summary: 'One chat', answers: [ok(chat)] },
    {
      route: 'PATCH /api/chats/{chatId}',
      id: 'updateChat',
      summary: 'Rename, pin, archive, or change settings',
      body: updateChatBody({ maxOutputTokens, maxChars }),
      answers: [ok(chat)],
    },
    {
      route: 'DELETE /api/chats/{chatId}',
      id: 'deleteChat',
      summary: 'Hide a chat, and stop its replies',
      answers: [nothing('It is deleted')],
    },
    {
      route: 'GET /api/search',
      id: 'search',
      summary: 'Titles and messages in which some words are',
      query: searchQuery,
      answers: [ok(page(searchHit))],
    },
    {
      route: 'POST /api/chats/{chatId}/restore',
      id: 'restoreChat',
      summary: 'Take the deletion of a chat back',
      answers: [ok(chat)],
      problems: ['chat_limit'],
    },
    {
      route: 'GET /api/chats/{chatId}/messages',
      id: 'listMessages',
      summary: 'Messages, oldest first: a tree by `parentId`',
      query: listMessagesQuery,
      answers: [ok(page(message))],
    },
    {
      route: 'POST /api/chats/{chatId}/messages',
      id: 'sendMessage',
      summary: 'Send a message, and stream the reply',
      body: sendMessageBody({ maxChars, maxAttachments }),
      ...starts,
      problems: [...starts.problems, 'images_unsupported'],
    },
    {
      route: 'GET /api/chats/{chatId}/events',
      id: 'followChat',
      summary: 'What happens in a chat, as a stream',
      headers: ['Last-Event-ID'],
      query: after,
      answers: [eventStream(channelEvent, 'Open until the chat is deleted')],
      problems: ['invalid_event_id', 'cursor_ahead'],
    },
    {
      route: 'POST /api/messages/{messageId}/regenerate',
      id: 'regenerate',
      summary: 'Another reply in the place of this one',
      body: regenerateBody,
      isBodyOptional: true,
      ...starts,
    },
    {
      route: 'POST /api/messages/{messageId}/continue',
      id: 'continueReply',
      summary: 'The rest of a reply that has ended with some text',
      body: regenerateBody,
      isBodyOptional: true,
      ...starts,
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
    {
      route: 'GET /api/generations/{generationId}',
      id: 'getGeneration',
      summary: 'State and usage of a reply',
      answers: [ok(generation)],
    },
    {
      route: 'GET /api/generations/{generationId}/events',
      id: 'followGeneration',
      summary: 'The events of a reply, from anywhere',
      headers: ['Last-Event-ID'],
      query: after,
      answers: [eventStream(replyEvent, 'Those after the id'), nothing('It has ended, and nothing is left')],
      problems: ['invalid_event_id', 'cursor_ahead'],
    },
    {
      route: 'POST /api/generations/{generationId}/stop',
      id: 'stopGeneration',
      summary: 'Stop a reply, also at the model; asked twice is the same',
      answers: [ok(generation, 'Its final state')],
    },
    {
      route: 'GET /api/media/{mediaId}',
      id: 'getMedia',
      summary: 'An image, or a text file that was attached',
      headers: ['If-None-Match'],
      answers: [
        { status: 200, description: 'Its bytes', contentType: '*/*' },
        { status: 304, description: 'It is as it was' },
      ],
    },
  ];
}
