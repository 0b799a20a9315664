import type { Message, MessagePart, SharedMessage } from '@millrace/protocol';

/**
 * What others are shown of a path, from its first message on: a reply and what continues it as one, and no reply that
 * has still to end.
 */
export function snapshotOf(path: readonly Message[]): SharedMessage[] {
  const shown: SharedMessage[] = [];
  for (const message of path) {
    const { role, status, model, createdAt } = message;
    if (role === 'system' || status === 'running') continue;
    const parts = message.parts.filter(isShown);
    const previous = message.continues === null ? undefined : shown.pop();
    shown.push({
      role,
      status,
      model,
      parts: [...(previous?.parts ?? []), ...parts],
      createdAt: previous?.createdAt ?? createdAt,
    });
  }
  return shown;
}

/** Thoughts may tell of what the model was told to keep to itself. */
function isShown(part: MessagePart): part is SharedMessage['parts'][number] {
  return part.type !== 'thought';
}
