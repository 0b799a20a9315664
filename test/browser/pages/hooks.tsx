import { createChatClient } from '@millrace/client';
import { useChat, useGeminiStream, useMessage, useStream } from '@millrace/client/react';
import type { ChatStore } from '@millrace/client/state';
import { memo, Profiler, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

declare global {
  /** How often React rendered each component, by name. */
  var renders: Record<string, number>;
  /** The painted lengths of the reply's text. */
  var painted: number[];
}
globalThis.renders = {};
globalThis.painted = [];

const wanted = new URLSearchParams(location.search);
const parameter = (name: string) => wanted.get(name) ?? '';
const client = createChatClient();
const pace = wanted.has('pace');

function count(id: string): void {
  globalThis.renders[id] = (globalThis.renders[id] ?? 0) + 1;
}

const Row = memo(function Row({ store, id }: { store: ChatStore; id: string }) {
  return (
    <Profiler id={id} onRender={count}>
      <Said store={store} id={id} />
    </Profiler>
  );
});

function Said({ store, id }: { store: ChatStore; id: string }) {
  const message = useMessage(store, id);
  const text = message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return (
    <p data-id={id} data-role={message?.role} data-status={message?.status}>
      {text}
    </p>
  );
}

function Chat() {
  const chat = useChat(client, parameter('chat'), { pace });
  count('chat');
  const last = chat.messageIds.at(-1) ?? '';
  const first = chat.messageIds[0] ?? '';
  return (
    <main data-status={chat.status} data-error={chat.error?.message}>
      {chat.messageIds.map((id) => (
        <Row key={id} id={id} store={chat.store} />
      ))}
      <output>{(chat.branches.get(first) ?? []).length}</output>
      <button onClick={() => void chat.send(parameter('say'))}>Send</button>
      <button onClick={() => void chat.edit(first, 'edited')}>Edit</button>
      <button onClick={() => chat.showBranch(chat.branches.get(first)?.[0] ?? '')}>Other</button>
      <button onClick={() => void chat.regenerate(last)}>Regenerate</button>
      <button onClick={() => void chat.continueReply(last)}>Continue</button>
      <button onClick={() => void chat.retry()}>Retry</button>
      <button onClick={() => void chat.stop()}>Stop</button>
    </main>
  );
}

function Gemini() {
  const { streamMessage, isStreaming, isWaiting, streamedText, usage, error, stop } = useGeminiStream({
    pace,
  });
  useEffect(() => {
    if (wanted.has('say')) void streamMessage(parameter('say'));
  }, [streamMessage]);
  useEffect(() => void globalThis.painted.push(streamedText.length), [streamedText]);
  const state = isWaiting ? 'waiting' : isStreaming ? 'streaming' : 'idle';
  return (
    <main data-status={state} data-error={error?.message} data-tokens={usage?.totalTokens}>
      <p>{streamedText}</p>
      <button onClick={() => void streamMessage('again')}>Again</button>
      <button onClick={() => void stop()}>Stop</button>
    </main>
  );
}

function Stream() {
  const { status, text, stop } = useStream(client, parameter('generation'), { pace });
  return (
    <main data-status={status}>
      <p>{text}</p>
      <button onClick={() => void stop()}>Stop</button>
    </main>
  );
}

const SCENES = { chat: Chat, gemini: Gemini, stream: Stream };

function Page() {
  const [shown, setShown] = useState(true);
  const Scene = SCENES[parameter('scene') as keyof typeof SCENES];
  return (
    <>
      <button onClick={() => setShown(!shown)}>Toggle</button>
      {shown && <Scene />}
    </>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
