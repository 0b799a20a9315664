import { attachmentIdOf } from '@millrace/protocol';
import type { AttachedPart } from '@millrace/protocol';
import type { ChatClient, NewMessage, StartOptions } from '../chat-client.ts';
import { randomKey } from '../idempotency-key.ts';
import type { StreamOptions } from '../stream/log.ts';
import type { ReplyStream } from '../stream/reply-stream.ts';
import type { MessageTree } from './message-tree.ts';
import { pendingMessage } from './pending-message.ts';

/** A reply to ask for. Asked for again it is the same one, for its key is. */
export interface Asking {
  open: (reading: StreamOptions) => ReplyStream;
  /** Shows what is expected to come of it. */
  show: () => void;
  /** Takes that back. */
  undo: () => void;
}

export function askByMessage(
  client: ChatClient,
  chatId: string,
  tree: MessageTree,
  message: NewMessage,
  attached: readonly AttachedPart[],
): Asking {
  const before = tree.leaf?.id ?? null;
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
      tree.show(before);
    },
  };
}

/** @param under the message that the reply will be under */
export function askByReply(
  tree: MessageTree,
  under: string | null,
  open: (options: StartOptions) => ReplyStream,
): Asking {
  const before = tree.leaf?.id ?? null;
  return { open: withKey(open), show: () => tree.show(under), undo: () => tree.show(before) };
}

function withKey(open: (options: StartOptions) => ReplyStream): Asking['open'] {
  const idempotencyKey = randomKey();
  return (reading) => open({ ...reading, idempotencyKey });
}
