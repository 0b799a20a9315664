import { describe, expect, test } from 'vitest';
import type { Me, Problem } from '@millrace/protocol';
import { startTestServer } from '../support/test-server.ts';

describe('budgets', () => {
  const firstOfNextMonth = () => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString();
  };

  test('a guest’s reply is limited to the remaining budget, with a notice, and the next one is refused', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '2000' });
    const guest = await server.guest();
    expect((await guest.me()).budget).toEqual({
      limit: 2000,
      used: 0,
      reserved: 0,
      remaining: 2000,
      granted: 0,
      cap: null,
      cost: { limit: null, used: 0, reserved: 0, granted: 0 },
      resetsAt: firstOfNextMonth(),
    });
    server.simulator.script([{ text: 'word '.repeat(4000) }]);
    const reply = await guest.ask('Write a book');
    expect(reply.events.find(({ event }) => event === 'notice')?.data).toMatchObject({ code: 'shortened' });
    const body = server.simulator.log()[0]?.body as
      | { generationConfig: { maxOutputTokens: number } }
      | undefined;
    expect(body?.generationConfig.maxOutputTokens).toBeLessThan(2000);
    expect(body?.generationConfig.maxOutputTokens).toBeGreaterThan(1900);
    expect(reply.last).toMatchObject({ event: 'done', data: { finishReason: 'length' } });

    const { budget } = await guest.me();
    expect(budget.used).toBeLessThanOrEqual(2000);
    expect(budget).toMatchObject({ reserved: 0, remaining: 2000 - budget.used });
    const refused = await guest.send('POST', `/api/chats/${reply.meta.chatId}/messages`, { content: 'More' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'budget_exceeded',
      resetsAt: firstOfNextMonth(),
    });
    expect(server.simulator.log()).toHaveLength(1);
    expect(await guest.messages(reply.meta.chatId)).toHaveLength(2);
    expect((await guest.me()).budget).toEqual(budget);
    await server.close();
  });

  test('replies requested at once cannot cost more than the budget', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '3000', MAX_OUTPUT_TOKENS: '1000' });
    const guest = await server.guest();
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => {
        server.simulator.script([{ text: 'word '.repeat(1000) }]);
        const { id } = await guest.createChat();
        const response = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Write' });
        await response.text();
        return response.status;
      }),
    );
    expect(statuses).toContain(200);
    expect(statuses).toContain(403);
    const { used, reserved } = (await guest.me()).budget;
    expect(used).toBeGreaterThan(1500);
    expect(used).toBeLessThanOrEqual(3000);
    expect(reserved).toBe(0);
    await server.close();
  });

  test('each user has a limit, administrators have none, and all users together have another', async () => {
    const server = await startTestServer({ DEFAULT_TOKEN_LIMIT: '500', TOTAL_TOKEN_LIMIT: '5000' });
    const [administrator, user] = [await server.user(), await server.user()];
    expect((await administrator.me()).budget).toMatchObject({ limit: null, remaining: null });
    expect((await user.me()).budget).toMatchObject({ limit: 500, remaining: 500 });
    server.simulator.script([{ text: 'word '.repeat(8000) }]);
    const reply = await administrator.ask('Write a book');
    expect(reply.events.some(({ event }) => event === 'notice')).toBe(true);
    const { id } = await user.createChat();
    const refused = await user.send('POST', `/api/chats/${id}/messages`, { content: 'Me too' });
    expect(refused.status).toBe(403);
    expect(((await refused.json()) as Problem).code).toBe('budget_exceeded');
    await server.close();
  });

  test('a question too long for the budget is refused before it costs anything', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '1000' });
    const guest = await server.guest();
    const before: Me = await guest.me();
    const { id } = await guest.createChat();
    const content = '水'.repeat(900);
    const refused = await guest.send('POST', `/api/chats/${id}/messages`, { content });
    expect(refused.status).toBe(403);
    expect(await guest.me()).toEqual(before);
    expect(await guest.messages(id)).toEqual([]);
    expect(server.simulator.log()).toEqual([]);
    await server.close();
  });
});
