import {
  chatDocumentSchema,
  importedChatSchema,
  newShareSchema,
  shareSchema,
  sharedChatSchema,
} from '@millrace/protocol/schemas';
import { importChatBody } from '@millrace/protocol/requests';
import { createShareBody, exportChatQuery } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { HttpSettings } from '../../environment.ts';
import { created, nothing, ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

/** Chats as files, and what of them is shown to others. */
export function chatFileOperations({
  maxOutputTokens,
  maxMessageChars: maxChars,
}: Pick<HttpSettings, 'maxOutputTokens' | 'maxMessageChars'>): readonly Operation[] {
  return [
    {
      route: 'POST /api/chats/import',
      id: 'importChat',
      summary: 'A chat from a file, of which nothing is charged',
      headers: ['Idempotency-Key'],
      body: importChatBody({ maxOutputTokens, maxChars }),
      answers: [created(importedChatSchema, 'The chat')],
      problems: ['chat_limit', 'idempotency_mismatch', 'rate_limited'],
    },
    {
      route: 'GET /api/chats/{chatId}/export',
      id: 'exportChat',
      summary: 'A chat as a file to keep',
      description: 'With `format=markdown` its newest branch, to be read, as `text/markdown`.',
      query: exportChatQuery,
      answers: [ok(chatDocumentSchema, 'The whole chat')],
    },
    {
      route: 'GET /api/shares',
      id: 'listShares',
      summary: 'Links to one’s chats, newest first',
      answers: [ok(z.strictObject({ items: z.array(shareSchema) }))],
    },
    {
      route: 'GET /api/chats/{chatId}/shares',
      id: 'listChatShares',
      summary: 'Links to a chat, newest first',
      answers: [ok(z.strictObject({ items: z.array(shareSchema) }))],
    },
    {
      route: 'POST /api/chats/{chatId}/shares',
      id: 'createShare',
      summary: 'Make a link to a branch of a chat as it is now; its address is told this once',
      body: createShareBody,
      isBodyOptional: true,
      answers: [created(newShareSchema, 'The link')],
    },
    {
      route: 'DELETE /api/chats/{chatId}/shares/{shareId}',
      id: 'revokeShare',
      summary: 'Revoke a link',
      answers: [nothing('It leads nowhere any more')],
    },
    {
      route: 'GET /api/shares/{token}',
      id: 'getSharedChat',
      summary: 'What a link leads to',
      isOpen: true,
      answers: [ok(sharedChatSchema)],
    },
    {
      route: 'GET /api/shares/{token}/media/{mediaId}',
      id: 'getSharedMedia',
      summary: 'An image or file of what a link leads to',
      isOpen: true,
      headers: ['If-None-Match'],
      answers: [
        { status: 200, description: 'Its bytes', contentType: '*/*' },
        { status: 304, description: 'It is as it was' },
      ],
    },
  ];
}
