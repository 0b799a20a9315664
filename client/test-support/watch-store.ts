import type { Message } from '@millrace/protocol';
import type { ChatSnapshot, ChatStore } from '../src/state/index.ts';

export interface Watched {
  seen: ChatSnapshot[];
  /** Waits for a snapshot that matches. */
  until: (matches: (snapshot: ChatSnapshot) => boolean) => Promise<ChatSnapshot>;
  leave: () => void;
}

/** Subscribes to a store and records its snapshots. */
export function watch(store: ChatStore): Watched {
  const seen: ChatSnapshot[] = [];
  const waiting = new Set<() => void>();
  const leave = store.subscribe(() => {
    seen.push(store.getSnapshot());
    for (const check of waiting) check();
  });
  const until = (matches: (snapshot: ChatSnapshot) => boolean) =>
    new Promise<ChatSnapshot>((resolve) => {
      const check = () => {
        if (!matches(store.getSnapshot())) return;
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
