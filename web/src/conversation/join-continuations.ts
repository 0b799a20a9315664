import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';

/** What one row shows: a message, or a reply joined with its continuations. */
export interface DisplayedMessage {
  /** The id of the first message, so that it stays the same when the reply is continued. */
  key: string;
  /** The ids of all joined messages, in order. */
  ids: readonly string[];
  /** The last message, with the parts and the cost of all. */
  message: Message;
  /** Whether the last message itself has text. */
  lastHasText: boolean;
}

const cache = new WeakMap<Message, { previous: DisplayedMessage | null; row: DisplayedMessage }>();

/** Joins each message with the one it continues. Unchanged rows are the same objects as in the last call. */
export function joinContinuations(messages: readonly Message[]): DisplayedMessage[] {
  const shown: DisplayedMessage[] = [];
  for (const message of messages) {
    const continued = message.continues !== null && shown.at(-1)?.message.id === message.continues;
    shown.push(show(message, continued ? (shown.pop() ?? null) : null));
  }
  return shown;
}

/** The ids of all versions of a row, oldest first: of its last message that has several. */
export function versionsOf(
  { ids }: DisplayedMessage,
  branches: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const branchingId = ids.findLast((id) => branches.has(id));
  return branchingId === undefined ? undefined : branches.get(branchingId);
}

function show(message: Message, previous: DisplayedMessage | null): DisplayedMessage {
  const cached = cache.get(message);
  if (cached?.previous === previous) return cached.row;
  const row: DisplayedMessage = {
    key: previous?.key ?? message.id,
    ids: [...(previous?.ids ?? []), message.id],
    message: previous ? join(previous.message, message) : message,
    lastHasText: messageText(message, 'text') !== '',
  };
  cache.set(message, { previous, row });
  return row;
}

function join(previous: Message, message: Message): Message {
  const { tokensUsed, costMicros } = message;
  return {
    ...message,
    parts: [...previous.parts, ...message.parts],
    firstTokenMs: previous.firstTokenMs,
    tokensUsed: tokensUsed === null ? null : tokensUsed + (previous.tokensUsed ?? 0),
    costMicros: costMicros === null || previous.costMicros === null ? null : costMicros + previous.costMicros,
    usageSource: previous.usageSource === 'estimate' ? 'estimate' : message.usageSource,
  };
}
