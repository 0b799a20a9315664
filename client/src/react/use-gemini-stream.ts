import type { Usage } from '@millrace/protocol';
import { useMemo } from 'react';
import { createChatClient } from '../chat-client.ts';
import type { ChatClient } from '../chat-client.ts';
import { createGeminiStreamStore } from '../state/gemini-stream-store.ts';
import type { GeminiStreamStore } from '../state/gemini-stream-store.ts';
import { pacedReplyStore } from '../state/pace/paced-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface GeminiStreamOptions {
  /** Default: one for the server the page came from, with its session cookie. */
  client?: ChatClient | undefined;
  /** The chat to write to. Default: one that is made when it is first needed. */
  chatId?: string | null | undefined;
  /** Whether the text grows evenly on the screen, frame by frame, however it comes. Default: false. */
  pace?: boolean | undefined;
}

export interface GeminiStream {
  /**
   * Says something and streams the reply; while one is streaming, nothing. Never rejects: `error` says what went wrong.
   * @returns the reply's text, as far as it came
   */
  streamMessage: GeminiStreamStore['streamMessage'];
  /** From the call until the reply has ended. */
  isStreaming: boolean;
  /** Whether the first token is yet to come. */
  isWaiting: boolean;
  /** The reply so far; the last one until another is asked for. */
  streamedText: string;
  /** What the reply took, once the model has said so. */
  usage: Usage | null;
  error: Error | null;
  /** Ends the reply, at the model too, so that no more of it is paid for. Its text so far stays. */
  stop: () => Promise<void>;
}

const sameOrigin = createChatClient();

/** One question and its streamed reply at a time. Unmounting stops the reply. */
export function useGeminiStream(options: GeminiStreamOptions = {}): GeminiStream {
  const { client = sameOrigin, chatId = null, pace = false } = options;
  const store = useMemo(() => {
    const plain = createGeminiStreamStore(client, chatId);
    return pace ? pacedReplyStore(plain) : plain;
  }, [client, chatId, pace]);
  const { status, text, usage, error } = useSnapshot(store);
  const isStreaming = status === 'submitting' || status === 'streaming';
  return {
    streamMessage: store.streamMessage,
    isStreaming,
    isWaiting: isStreaming && text === '',
    streamedText: text,
    usage,
    error,
    stop: store.stop,
  };
}
