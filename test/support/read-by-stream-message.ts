import { streamMessage } from '@millrace/client';
import type { ClientOptions } from '@millrace/client';

/** What our own client tells of a reply: piece by piece, and in the end. */
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
