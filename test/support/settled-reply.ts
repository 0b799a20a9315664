import type { UsageSource, GenerationStatus, Usage, UsageReport } from '@millrace/protocol';
import { expect } from 'vitest';
import { readEvents, textOf } from './caller.ts';
import type { Caller } from './caller.ts';
import { textIn } from './replayed-reply.ts';
import type { TestServer } from './test-server.ts';
import { until } from './until.ts';

/** The token counts of one chunk, with Gemini's names. */
export interface ChunkUsage {
  promptTokenCount?: unknown;
  cachedContentTokenCount?: number;
  candidatesTokenCount?: unknown;
  thoughtsTokenCount?: number;
  toolUsePromptTokenCount?: number;
}

/** One event of a stream as Gemini writes it. Absent fields are not written. */
export interface Chunk {
  text?: string;
  thought?: string;
  call?: string;
  usage?: ChunkUsage;
  finish?: string;
  blocked?: string;
  by?: string;
  error?: { code: number; status: string; message: string };
}

/** How the model answers, and whether the reply is stopped. */
export interface SimulatedReply {
  chunks: readonly Chunk[];
  /** What follows the last chunk; by default the stream ends. */
  ending?: 'end' | 'reset' | 'stall';
  /** Stops the reply when its reader has exactly this text. */
  stopAt?: string;
  model?: string;
}

/** The settled state of a reply, in the message and in the ledger. */
export interface Settled {
  status: GenerationStatus;
  error?: string;
  text: string;
  /** Tokens: prompt, cached part of the prompt, output, thoughts, tool use, total; null if none were used. */
  usage: readonly [number, number, number, number, number, number] | null;
  usageSource: UsageSource;
  tokensUsed: number;
  costMicros: number;
  model?: string;
}

export function bytesOf(chunks: readonly Chunk[]): Uint8Array {
  return Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(toWire(chunk))}\r\n\r\n`).join(''));
}

function toWire({ text, thought, call, usage, finish, blocked, by, error }: Chunk): object {
  if (error !== undefined) return { error };
  const parts = [
    ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
    ...(text === undefined ? [] : [{ text }]),
    ...(call === undefined ? [] : [{ functionCall: { name: call, args: {} } }]),
  ];
  const isCandidate = parts.length > 0 || finish !== undefined;
  return {
    ...(isCandidate && {
      candidates: [{ content: { parts, role: 'model' }, finishReason: finish, index: 0 }],
    }),
    ...(blocked !== undefined && { promptFeedback: { blockReason: blocked } }),
    usageMetadata: usage,
    modelVersion: by,
  };
}

/** Asks as a new user, stops the reply if `stopAt` is set, and reads the settled state. */
export async function settledReply(
  server: TestServer,
  question: string,
  simulated: SimulatedReply,
): Promise<Settled> {
  const { chunks, ending = 'end', stopAt, model } = simulated;
  const { simulator } = server;
  simulator.script([{ kind: 'replay', bytes: bytesOf(chunks), ending }]);
  const caller = await server.guest();
  const { id: chatId } = await caller.createChat();
  const body = { content: question, ...(model !== undefined && { model }) };
  const response = await caller.send('POST', `/api/chats/${chatId}/messages`, body);
  const events = [];
  let hasStopped = false;
  for await (const event of readEvents(response)) {
    events.push(event);
    if (hasStopped || stopAt === undefined || textOf(events, 'delta') !== stopAt) continue;
    hasStopped = true;
    const { generationId } = event;
    await until('the model has the request', () => simulator.log().some(({ status }) => status === 200));
    await expectWithinReservation(caller, () => caller.json('POST', `/api/generations/${generationId}/stop`));
  }
  return readSettled(caller, chatId);
}

/** Expects the message, the generation, the budget and the usage of the month to agree. */
async function readSettled(caller: Caller, chatId: string): Promise<Settled> {
  const message = (await caller.messages(chatId)).at(-1);
  if (message === undefined) return expect.fail('There is no reply');
  const { status, model, usage, tokensUsed, usageSource, error } = message;
  const state = await caller.generation(message.generationId ?? '');
  expect(state).toMatchObject({ status, model, usage, tokensUsed, usageSource, error });

  const { budget, days, models, chats } = await caller.json<UsageReport>('GET', '/api/usage');
  const costMicros = budget.cost.used;
  expect((await caller.me()).budget).toEqual(budget);
  expect(budget).toMatchObject({ used: tokensUsed, reserved: 0, cost: { reserved: 0 } });
  const sum = {
    replies: 1,
    tokens: tokensUsed,
    costMicros,
    tokensBySource: { provider: 0, tokenizer: 0, estimate: 0, [usageSource ?? '']: tokensUsed },
  };
  const isCharged = tokensUsed !== 0 || costMicros !== 0;
  expect(models).toEqual(isCharged ? [{ key: model, ...sum }] : []);
  const chat = { title: expect.any(String), isDeleted: false };
  expect(chats).toEqual(isCharged ? [{ key: chatId, ...chat, ...sum }] : []);
  expect(days).toEqual(isCharged ? [{ key: days[0]?.key, ...sum }] : []);
  return {
    status,
    ...(error !== null && { error: error.code }),
    text: textIn(message, 'text'),
    usage: usage && listed(usage),
    usageSource: usageSource ?? expect.fail('It has no usage source'),
    tokensUsed: tokensUsed ?? Number.NaN,
    costMicros,
    model: model ?? '',
  };
}

function listed(usage: Usage): Settled['usage'] {
  const { promptTokens, cachedTokens, outputTokens, thoughtTokens, toolUseTokens, totalTokens } = usage;
  return [promptTokens, cachedTokens, outputTokens, thoughtTokens, toolUseTokens, totalTokens];
}

/** Expects the reservation of a running reply to be at least its final cost. */
async function expectWithinReservation(caller: Caller, end: () => Promise<unknown>): Promise<void> {
  const { budget: held } = await caller.me();
  await end();
  const { budget } = await caller.me();
  expect(held.reserved).toBeGreaterThan(0);
  expect(held.cost.reserved).toBeGreaterThan(0);
  expect(budget.used).toBeLessThanOrEqual(held.reserved);
  expect(budget.cost.used).toBeLessThanOrEqual(held.cost.reserved);
}
