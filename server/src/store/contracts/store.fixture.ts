import type { User } from '@millrace/protocol';
import type { Store } from '../store.ts';
import type { ReplyPlan, Reservation, Reserve } from '../transactions/begin-generation.ts';
import type { Settled, Settlement } from '../transactions/settle-generation.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';

/** What is held for a reply where that doesn't matter. */
export const HELD: Reservation = {
  tokens: 100,
  costMicros: 50,
  promptTokens: 40,
  maxOutputTokens: 60,
  shortened: false,
  isBounded: true,
};

/** A plan whatever the settings of the chat are. */
export function planWith(reserve: Reserve, cache: ReplyPlan['cache'] = null): () => ReplyPlan {
  const parameters = { temperature: null, thinking: null, safety: {} };
  const settings = { model: 'test-model', systemPrompt: null, maxOutputTokens: 1000, parameters };
  return () => ({ settings, acceptsImages: true, reserve, cache });
}

/** Starts a reply of `node-1`, without limits and summaries unless told otherwise; one that is new. */
export async function startReply(
  store: Store,
  start: Pick<StartGeneration, 'userId' | 'generationId' | 'origin'> & Partial<StartGeneration>,
): Promise<StartedGeneration> {
  const started = await store.startGeneration({
    nodeId: 'node-1',
    idempotency: null,
    maxConcurrentReplies: null,
    enforcesGlobalLimit: false,
    usesSummaries: false,
    contextMessages: 10,
    planFor: planWith(() => HELD),
    ...start,
  });
  if ('repeats' in started) throw new Error('repeated');
  return started;
}

/** Settles a reply of `node-1`, as one that ended well and for nothing unless told otherwise. */
export function endReply(
  store: Store,
  generationId: string,
  changes: Partial<Settlement> = {},
): Promise<Settled> {
  return store.settleGeneration({
    generationId,
    nodeId: 'node-1',
    status: 'completed',
    parts: [{ type: 'text', text: 'answer' }],
    providerData: [],
    finishReason: 'stop',
    error: null,
    model: 'test-model',
    usage: null,
    costMicros: 0,
    usageSource: 'provider',
    firstTokenMs: null,
    ...changes,
  });
}

/** Somebody of this server, called as they are known. */
export function userNamed(
  store: Store,
  subject: string,
  kind: 'password' | 'guest' = 'password',
): Promise<User> {
  return store.resolveUser({ issuer: 'local', subject, kind, name: subject, email: null });
}
