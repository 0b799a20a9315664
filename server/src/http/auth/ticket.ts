import { createHash, randomBytes } from 'node:crypto';
import { ProblemError } from '../../core/errors.ts';
import type { IdempotencyKey } from '../../store/transactions/idempotency.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';

/** For so long it may start its reply (ms). */
const LIFETIME = 60_000;

type TicketDependencies = Pick<HttpDependencies, 'store' | 'clock'>;

/** Makes a ticket for one question of a user. @throws ProblemError `not_found` when the chat isn't theirs */
export async function issueTicket(
  { store, clock }: TicketDependencies,
  userId: string,
  { chatId, message }: { chatId: string | null; message: string },
): Promise<{ ticket: string; expiresAt: number }> {
  const ticket = randomBytes(16).toString('base64url');
  const expiresAt = clock.now() + LIFETIME;
  await store.createTicket(userId, { hash: hashOf(ticket), chatId, message, expiresAt });
  return { ticket, expiresAt };
}

export interface Redeemed {
  chatId: string | null;
  message: string;
  idempotency: IdempotencyKey;
  /** What it has started already; null when nothing. */
  generationId: string | null;
}

/**
 * Makes the ticket's user the caller. Once it has started its reply it is good for that reply alone, however late.
 * @throws ProblemError `unauthenticated`; `idempotency_mismatch` when the request asks for something else than the ticket
 */
export async function redeemTicket(
  c: AppContext,
  { store, clock }: TicketDependencies,
  asked: { ticket: string; message?: string | undefined; conversationId?: string | undefined },
): Promise<Redeemed> {
  const hash = hashOf(asked.ticket);
  const ticket = await store.findTicket(hash);
  if (ticket === null) throw new ProblemError('unauthenticated', 'There is no such ticket.');
  const { user, chatId, message, expiresAt } = ticket;
  if ((asked.message ?? message) !== message || (asked.conversationId ?? chatId) !== chatId) {
    throw new ProblemError('idempotency_mismatch', 'The ticket is for another message.');
  }
  // No key that callers may choose has a space in it.
  const idempotency = { key: `ticket ${hash}`, fingerprint: hash };
  const generationId = await store.findIdempotentResult(user.id, idempotency);
  if (generationId === null && clock.now() >= expiresAt) {
    throw new ProblemError('unauthenticated', 'The ticket has expired.');
  }
  c.set('user', user);
  return { chatId, message, idempotency, generationId };
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
