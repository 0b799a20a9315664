import { useMemo } from 'react';
import type { ChatClient } from '../chat-client.ts';
import { pacedReplyStore } from '../state/pace/paced-store.ts';
import { createReplyStore } from '../state/reply-store.ts';
import type { ReplySnapshot, ReplyStore } from '../state/reply-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface UseStreamOptions {
  /** Whether text that arrives in bursts is shown at an even pace, frame by frame. Default: false. */
  pace?: boolean | undefined;
}

export interface StreamState extends ReplySnapshot, Pick<ReplyStore, 'start' | 'stop'> {}

/**
 * One reply as it grows: an existing generation, or a reply that `start((options) => client.sendMessage(chatId, message,
 * options))` requests. Unmounting closes the connection and leaves the reply running; mounting again resumes it.
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
