import { attachmentIdOf } from '@millrace/protocol';
import type { AttachedPart } from '@millrace/protocol';
import type { ChatClient, NewMessage, StartOptions } from '../chat-client.ts';
import { randomKey } from '../idempotency-key.ts';
import type { ReplyStream } from '../stream/reply-stream.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import type { MessageTree } from './message-tree.ts';
import { pendingMessage } from './pending-message.ts';

/** A request for a reply that has not begun. Its idempotency key makes every attempt return the same reply. */
export interface PendingRequest {
  open: (options: StreamOptions) => ReplyStream;
  /** Shows the expected result in the tree. */
  show: () => void;
  /** Removes the expected result from the tree. */
  undo: () => void;
}

/** A request that sends a message. */
export function requestByMessage(
  client: ChatClient,
  chatId: string,
  tree: MessageTree,
  message: NewMessage,
  attached: readonly AttachedPart[],
): PendingRequest {
  const leafBefore = tree.leaf?.id ?? null;
  const pending = pendingMessage(chatId, message.parentId ?? null, message.content, attached);
  const sent = attached.length === 0 ? message : { ...message, attachments: attached.map(attachmentIdOf) };
  return {
    open: withKey((options) => client.sendMessage(chatId, sent, options)),
    show: () => {
      tree.set(pending);
      tree.show(pending.id);
    },
    undo: () => {
      tree.delete(pending.id);
      tree.show(leafBefore);
    },
  };
}

/** A request for another reply, without a new message. @param parentId the parent of the new reply */
export function requestByReply(
  tree: MessageTree,
  parentId: string | null,
  open: (options: StartOptions) => ReplyStream,
): PendingRequest {
  const leafBefore = tree.leaf?.id ?? null;
  return { open: withKey(open), show: () => tree.show(parentId), undo: () => tree.show(leafBefore) };
}

function withKey(open: (options: StartOptions) => ReplyStream): PendingRequest['open'] {
  const idempotencyKey = randomKey();
  return (options) => open({ ...options, idempotencyKey });
}
