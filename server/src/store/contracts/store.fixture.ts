import type { User } from '@millrace/protocol';
import type { Store } from '../store.ts';
import type { ReplyPlan, Reservation, Reserve } from '../transactions/begin-generation.ts';
import type { Settled, Settlement } from '../transactions/settle-generation.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';
import type { Identity } from '../transactions/users.ts';

/** A reservation for tests in which its size doesn't matter. */
export const RESERVATION: Reservation = {
  tokens: 100,
  costMicros: 50,
  promptTokens: 40,
  maxOutputTokens: 60,
  shortened: false,
  isBounded: true,
};

/** Plans with a fixed result for all settings. */
export function planWith(reserve: Reserve, cache: ReplyPlan['cache'] = null): () => ReplyPlan {
  const parameters = { temperature: null, thinking: null, safety: {} };
  const settings = { model: 'test-model', systemPrompt: null, maxOutputTokens: 1000, parameters };
  return () => ({ settings, acceptsImages: true, reserve, cache });
}

/** Starts a new reply on `node-1`, by default without limits and summaries. */
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
    planFor: planWith(() => RESERVATION),
    ...start,
  });
  if ('repeats' in started) throw new Error('repeated');
  return started;
}

/** Settles a reply of `node-1`, by default as completed and free. */
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

/** The identity of a user of this server, whose name is the subject. */
export function identity(subject: string, changes: Partial<Identity> = {}): Identity {
  return { issuer: 'local', subject, kind: 'password', name: subject, email: null, ...changes };
}

/** Finds or creates a user of this server, whose name is the subject. */
export function userNamed(
  store: Store,
  subject: string,
  kind: 'password' | 'guest' = 'password',
): Promise<User> {
  return store.resolveUser(identity(subject, { kind }));
}
