import type { Message } from '@millrace/protocol';
import { textOf } from './message-parts.ts';

/** What one bubble shows: a message, or a reply and all that continues it. */
export interface DisplayedMessage {
  /** Stays the same while the reply goes on: the id of its first message. */
  key: string;
  /** Of all of them, in order. */
  ids: readonly string[];
  /** The last of them, with the parts and the cost of all. */
  message: Message;
  /** Whether the last of them has text of its own. */
  lastHasText: boolean;
}

const shownBefore = new WeakMap<Message, { previous: DisplayedMessage | null; shown: DisplayedMessage }>();

/** Joins each message with the one it continues. What didn't change is the same object as before. */
export function joinContinuations(messages: readonly Message[]): DisplayedMessage[] {
  const shown: DisplayedMessage[] = [];
  for (const message of messages) {
    const continued = message.continues !== null && shown.at(-1)?.message.id === message.continues;
    shown.push(show(message, continued ? (shown.pop() ?? null) : null));
  }
  return shown;
}

/** What else there is in the place of a bubble, or of the last part of it that has others; the ids of all, oldest first. */
export function versionsOf(
  { ids }: DisplayedMessage,
  branches: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const branching = ids.findLast((id) => branches.has(id));
  return branching === undefined ? undefined : branches.get(branching);
}

function show(message: Message, previous: DisplayedMessage | null): DisplayedMessage {
  const before = shownBefore.get(message);
  if (before?.previous === previous) return before.shown;
  const shown: DisplayedMessage = {
    key: previous?.key ?? message.id,
    ids: [...(previous?.ids ?? []), message.id],
    message: previous ? join(previous.message, message) : message,
    lastHasText: textOf(message, 'text') !== '',
  };
  shownBefore.set(message, { previous, shown });
  return shown;
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
