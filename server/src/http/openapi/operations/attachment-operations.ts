import { attachment } from '@millrace/protocol/answers';
import { uploadQuery } from '@millrace/protocol/requests';
import { created, nothing } from '../operation.ts';
import type { Operation } from '../operation.ts';

const upload = {
  description:
    'The body is the file: PNG, JPEG, WebP, GIF or text in UTF-8. Its bytes say which, not its type.',
  query: uploadQuery,
  takesFile: true,
  answers: [created(attachment, 'The file, to be named in a message')],
  problems: ['rate_limited'],
} as const;

export const attachmentOperations: readonly Operation[] = [
  {
    route: 'POST /api/chats/{chatId}/attachments',
    id: 'attachToChat',
    summary: 'A file for a message of this chat',
    ...upload,
  },
  {
    route: 'POST /api/attachments',
    id: 'attach',
    summary: "A file for the first message of a chat that isn't there yet",
    ...upload,
  },
  {
    route: 'DELETE /api/attachments/{attachmentId}',
    id: 'removeAttachment',
    summary: 'Take back a file that no message has',
    answers: [nothing('It is gone')],
  },
];
