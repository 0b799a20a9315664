/**
 * Clients of the compatibility endpoints as their users wrote them, from a description of the wire format alone. They use
 * only `fetch`, and run in browsers too: each function is self-contained.
 */

export interface Asked {
  url: string;
  token: string;
}

/** chats-stream: buffers, splits on blank lines, takes blocks that begin with `data: ` and treats the rest of them as text. */
export async function streamMessage(
  { url, token, chatSessionId, content }: Asked & { chatSessionId: string; content: string },
  onToken: (token: string) => void,
): Promise<void> {
  const response = await fetch(`${url}/api/chats/${chatSessionId}/messages/stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ content }),
  });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    for (const block of blocks) if (block.startsWith('data: ')) onToken(block.slice('data: '.length));
  }
}

/** next-hook: splits each network read into lines, and buffers nothing between reads. */
export async function useStream({ url, token, message }: Asked & { message: string }): Promise<{
  text: string;
  usage: { totalTokens: number } | null;
}> {
  const response = await fetch(`${url}/api/chat/stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ message }),
  });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const reader = response.body.getReader();
  let text = '';
  let usage = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text, usage };
    for (const line of new TextDecoder().decode(value).split('\n')) {
      if (!line.startsWith('data: ')) continue;
      const data = JSON.parse(line.slice(6));
      if (data.error) throw new Error(data.error);
      if (data.done) usage = data.usage;
      else text += data.text;
    }
  }
}

/** nest-chat: like next-hook, with another end. */
export async function converse({
  url,
  token,
  ...body
}: Asked & { message: string; conversationId?: string }): Promise<{ content: string; isDone: boolean }> {
  const response = await fetch(`${url}/chat/stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const reader = response.body.getReader();
  let content = '';
  let isDone = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { content, isDone };
    for (const line of new TextDecoder().decode(value).split('\n')) {
      if (!line.startsWith('data: ')) continue;
      const data = line.slice(6);
      if (data === '[DONE]') {
        isDone = true;
        continue;
      }
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error);
      content += chunk.content;
    }
  }
}

/** event-source: the browser's own `EventSource`, authenticated by the cookie or the ticket. */
export function listen(url: string): Promise<{ text: string; totalTokens: number | null }> {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    let text = '';
    let totalTokens: number | null = null;
    source.addEventListener('usage', (event) => {
      totalTokens = JSON.parse((event as MessageEvent<string>).data).totalTokens;
    });
    source.addEventListener('message', (event: MessageEvent<string>) => {
      if (event.data !== '[DONE]') {
        text += event.data;
        return;
      }
      source.close();
      resolve({ text, totalTokens });
    });
  });
}
