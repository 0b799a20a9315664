import type { Usage } from '@millrace/protocol';
import { useMemo } from 'react';
import { createChatClient } from '../chat-client.ts';
import type { ChatClient } from '../chat-client.ts';
import { createGeminiStreamStore } from '../state/gemini-stream-store.ts';
import type { GeminiStreamStore } from '../state/gemini-stream-store.ts';
import { pacedReplyStore } from '../state/pace/paced-store.ts';
import { useSnapshot } from './use-snapshot.ts';

export interface GeminiStreamOptions {
  /** Default: a client for the page's origin that uses the session cookie. */
  client?: ChatClient | undefined;
  /** The chat to write to. Default: the first message creates a chat. */
  chatId?: string | null | undefined;
  /** Whether text that arrives in bursts is shown at an even pace, frame by frame. Default: false. */
  pace?: boolean | undefined;
}

export interface GeminiStream {
  /**
   * Sends a message and streams the reply; does nothing while a reply is streaming. Never rejects: see `error`.
   * @returns the text received
   */
  streamMessage: GeminiStreamStore['streamMessage'];
  /** True from the call until the reply has ended. */
  isStreaming: boolean;
  /** Whether the reply has no text yet. */
  isWaiting: boolean;
  /** The text of the current or latest reply. */
  streamedText: string;
  /** The reply's tokens, once the model has reported them. */
  usage: Usage | null;
  error: Error | null;
  /** Stops the reply, on the model's side too, so that nothing more is charged. The text so far remains. */
  stop: () => Promise<void>;
}

const sameOrigin = createChatClient();

/** Sends one message at a time and streams its reply. Unmounting stops the reply. */
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
