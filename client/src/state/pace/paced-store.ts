import { messageText } from '@millrace/protocol';
import type { Message } from '@millrace/protocol';
import type { ChatSnapshot, ChatStore } from '../chat-store.ts';
import type { ReplySnapshot } from '../reply-store.ts';
import { oncePerFrame } from '../once-per-frame.ts';
import type { Store } from '../store.ts';
import { Pacer } from './pacer.ts';

/** Reads and replaces the growing message of a snapshot. */
interface MessageAccess<Snapshot> {
  get: (snapshot: Snapshot) => Message | null | undefined;
  set: (snapshot: Snapshot, message: Message) => Snapshot;
}

/** The same chat, with replies that grow at an even pace. */
export function pacedChatStore(store: ChatStore): ChatStore {
  const paced = pace<ChatSnapshot>(store, {
    get: ({ messages }) => messages.findLast(({ role }) => role === 'assistant'),
    set: (snapshot, message) => ({
      ...snapshot,
      status: 'streaming',
      messages: snapshot.messages.map((other) => (other.id === message.id ? message : other)),
    }),
  });
  return { ...store, ...paced };
}

/** The same reply, growing at an even pace. */
export function pacedReplyStore<Reply extends Store<ReplySnapshot>>(store: Reply): Reply {
  const paced = pace<ReplySnapshot>(store, {
    get: ({ message }) => message,
    set: (snapshot, message) => ({ ...snapshot, status: 'streaming', message, text: messageText(message) }),
  });
  return { ...store, ...paced };
}

function pace<Snapshot>(source: Store<Snapshot>, access: MessageAccess<Snapshot>): Store<Snapshot> {
  const pacer = new Pacer();
  const listeners = new Set<() => void>();
  let shown: Snapshot | null = null;
  let unsubscribe: (() => void) | null = null;

  function update() {
    const snapshot = source.getSnapshot();
    const message = access.get(snapshot);
    const paced = message && pacer.show(message, performance.now());
    shown = paced && paced !== message ? access.set(snapshot, paced) : snapshot;
    for (const listener of listeners) listener();
    if (message && pacer.isBehind) nextFrame();
  }

  const nextFrame = oncePerFrame(() => {
    if (unsubscribe) update();
  });

  return {
    getSnapshot: () => shown ?? source.getSnapshot(),
    subscribe: (listener) => {
      listeners.add(listener);
      if (!unsubscribe) {
        unsubscribe = source.subscribe(update);
        update();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        unsubscribe?.();
        unsubscribe = null;
        shown = null;
      };
    },
  };
}
