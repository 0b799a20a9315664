import { chatDocument } from '@millrace/protocol/answers';
import { exportChatQuery } from '@millrace/protocol/requests';
import { ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

/** Chats as files, and what of them is shown to others. */
export const chatFileOperations: readonly Operation[] = [
  {
    route: 'GET /api/chats/{chatId}/export',
    id: 'exportChat',
    summary: 'A chat as a file to keep',
    description: 'With `format=markdown` its newest branch, to be read, as `text/markdown`.',
    query: exportChatQuery,
    answers: [ok(chatDocument, 'The whole chat')],
  },
];
