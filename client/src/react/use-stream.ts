import { useMemo } from 'react';
import type { ChatClient } from '../chat-client.ts';
import { pacedReplyStore } from '../state/pace/paced-store.ts';
import { createReplyStore } from '../state/reply-store.ts';
import type { ReplySnapshot, ReplyStore } from '../state/reply-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface UseStreamOptions {
  /** Whether the text grows evenly on the screen, frame by frame, however it comes. Default: false. */
  pace?: boolean | undefined;
}

export interface StreamState extends ReplySnapshot, Pick<ReplyStore, 'start' | 'stop'> {}

/**
 * Shows one reply as it grows: that of a generation, or one that is asked for later by `start((reading) =>
 * client.sendMessage(chatId, message, reading))`. Unmounting closes the connection and leaves the reply running; shown
 * again it goes on where it was.
 */
export function useStream(
  client: ChatClient,
  generationId: string | null = null,
  { pace = false }: UseStreamOptions = {},
): StreamState {
  const store = useMemo(() => {
    const reply = createReplyStore(client, { generationId });
    return pace ? pacedReplyStore(reply) : reply;
  }, [client, generationId, pace]);
  const snapshot = useSnapshot(store);
  return useMemo(() => {
    const { start, stop } = store;
    return Object.defineProperties(
      { start, stop },
      Object.getOwnPropertyDescriptors(snapshot),
    ) as StreamState;
  }, [store, snapshot]);
}
