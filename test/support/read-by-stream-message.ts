import { streamMessage } from '@millrace/client';
import type { ClientOptions } from '@millrace/client';

/** What our own client tells of a reply: piece by piece, and in the end. */
export async function readByStreamMessage(
  chatSessionId: string,
  content: string,
  options: ClientOptions = {},
): Promise<{ told: string; whole: string }> {
  let told = '';
  let whole = '';
  await streamMessage({
    ...options,
    chatSessionId,
    content,
    onToken: (text) => (told += text),
    onDone: ({ aiMessage }) => (whole = aiMessage.content),
  });
  return { told, whole };
}
