import type { UsageReport } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { HostVisitor } from '../support/host-visitor.ts';
import { describeMountedChat, signInByJson } from './mounted-chat.ts';

describe('the NestJS example', () => {
  const example = describeMountedChat('nest', signInByJson);

  test('sends a message with the injected service on behalf of a user, who sees the chat', async () => {
    const { url, simulator } = example();
    simulator.script([{ chunks: ['Forty', '-two'] }]);
    const cookie = await signInByJson(url, 'Grace');
    const application = new HostVisitor(url, cookie);
    const { chatId, answer } = await application.json<{ chatId: string; answer: string }>(
      'POST',
      '/questions',
      {
        question: 'What is six times seven?',
      },
    );
    expect(answer).toBe('Forty-two');
    const [question, reply] = await new HostVisitor(`${url}/chat`, cookie).messages(chatId);
    expect(question).toMatchObject({ parts: [{ text: 'What is six times seven?' }] });
    expect(reply).toMatchObject({ status: 'completed', parts: [{ text: 'Forty-two' }] });
    const usage = await application.json<UsageReport>('GET', '/questions/usage');
    expect(usage.budget.used).toBeGreaterThan(0);
    expect((await new HostVisitor(url, '').fetch('/questions/usage')).status).toBe(401);
  });
});
