'use client';

import { createChatClient } from '@millrace/client';
import { useChat } from '@millrace/client/react';

const client = createChatClient({ baseUrl: '/chat' });

export function Conversation({ chatId }: { chatId: string }) {
  const { messages, status, error, send, stop } = useChat(client, chatId);
  const isBusy = status === 'submitting' || status === 'streaming';

  async function submit(form: FormData): Promise<void> {
    await send(form.get('content') as string);
  }

  return (
    <main>
      {messages.map(({ id, role, status: state, parts }) => (
        <p key={id} data-role={role} data-status={state} style={{ whiteSpace: 'pre-wrap' }}>
          <b>{role === 'user' ? 'You' : 'Millrace'}: </b>
          {parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}
        </p>
      ))}
      {error !== null && <p role="alert">{error.message}</p>}
      <form action={submit}>
        <input aria-label="Message" name="content" required autoComplete="off" />{' '}
        {isBusy ? (
          <button type="button" onClick={() => void stop()}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </main>
  );
}
