import type { Message, MessagePart, SharedMessage } from '@millrace/protocol';

/**
 * The messages of a path as a shared chat shows them. A reply and its continuations become one message; system messages and running
 * replies are left out.
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

/** Thoughts may quote the system prompt, which is private. */
function isShown(part: MessagePart): part is SharedMessage['parts'][number] {
  return part.type !== 'thought';
}
