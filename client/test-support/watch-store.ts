import type { Message } from '@millrace/protocol';
import type { ChatSnapshot, ChatStore } from '../src/state/index.ts';

export interface Watched {
  seen: ChatSnapshot[];
  /** Answers the first snapshot that fits, from now on. */
  until: (fits: (snapshot: ChatSnapshot) => boolean) => Promise<ChatSnapshot>;
  leave: () => void;
}

/** Follows a store. */
export function watch(store: ChatStore): Watched {
  const seen: ChatSnapshot[] = [];
  const waiting = new Set<() => void>();
  const leave = store.subscribe(() => {
    seen.push(store.getSnapshot());
    for (const check of waiting) check();
  });
  const until = (fits: (snapshot: ChatSnapshot) => boolean) =>
    new Promise<ChatSnapshot>((resolve) => {
      const check = () => {
        if (!fits(store.getSnapshot())) return;
        waiting.delete(check);
        resolve(store.getSnapshot());
      };
      waiting.add(check);
      check();
    });
  return { seen, until, leave };
}

export const idle = ({ status }: ChatSnapshot) => status === 'idle';

export function textOf(message: Message | undefined): string {
  return message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? '';
}
