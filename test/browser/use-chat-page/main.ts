// A page as in the AI SDK's documentation, with Millrace as its server.
import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import type { UIMessage } from 'ai';
import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

const api = '/api/ai-sdk/chat';
const id = location.pathname.slice(1);

function Chat({ saved }: { saved: UIMessage[] }) {
  const [text, setText] = useState('');
  const { messages, status, error, sendMessage, regenerate } = useChat({
    id,
    messages: saved,
    resume: true,
    transport: new DefaultChatTransport({ api }),
  });
  const button = (label: string, onClick: () => unknown) =>
    createElement('button', { onClick: () => void onClick() }, label);
  return createElement(
    'main',
    { 'data-status': status },
    messages.map((message) =>
      createElement(
        'p',
        { key: message.id, 'data-role': message.role, 'data-id': message.id },
        message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      ),
    ),
    createElement('output', null, error?.message),
    createElement('input', {
      'aria-label': 'Message',
      value: text,
      onChange: (event) => setText(event.target.value),
    }),
    button('Send', () => sendMessage({ text })),
    button('Regenerate', () => regenerate()),
    button('Stop', () => fetch(`${api}/${encodeURIComponent(id)}/stop`, { method: 'POST' })),
  );
}

const history = await fetch(`${api}/${encodeURIComponent(id)}/messages`);
const { messages } = (await history.json()) as { messages: UIMessage[] };
const root = document.querySelector('#root');
if (root !== null) createRoot(root).render(createElement(Chat, { saved: messages }));
