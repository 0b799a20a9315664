import { streamMessage } from '@millrace/client';
import type { ClientOptions } from '@millrace/client';

/** Reads a reply with the Millrace client. @returns the joined tokens, and the final text */
export async function readByStreamMessage(
  chatSessionId: string,
  content: string,
  options: ClientOptions = {},
): Promise<{ streamed: string; whole: string }> {
  let streamed = '';
  let whole = '';
  await streamMessage({
    ...options,
    chatSessionId,
    content,
    onToken: (text) => (streamed += text),
    onDone: ({ aiMessage }) => (whole = aiMessage.content),
  });
  return { streamed, whole };
}
