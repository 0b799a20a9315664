import { createHash, randomBytes } from 'node:crypto';
import type { User } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { IdempotencyKey } from '../../store/transactions/idempotency.ts';
import type { HttpDependencies } from '../environment.ts';

/** How long a ticket can start its reply. */
const TICKET_TTL_MS = 60_000;

type TicketDependencies = Pick<HttpDependencies, 'store' | 'clock'>;

/** Makes a ticket for one question of a user. @throws ProblemError `not_found` when the chat isn't theirs */
export async function issueTicket(
  { store, clock }: TicketDependencies,
  userId: string,
  { chatId, message }: { chatId: string | null; message: string },
): Promise<{ ticket: string; expiresAt: number }> {
  const ticket = randomBytes(16).toString('base64url');
  const expiresAt = clock.now() + TICKET_TTL_MS;
  await store.createTicket(userId, { hash: hashOf(ticket), chatId, message, expiresAt });
  return { ticket, expiresAt };
}

export interface RedeemedTicket {
  /** The user who got the ticket. */
  user: User;
  chatId: string | null;
  message: string;
  idempotency: IdempotencyKey;
  /** The reply that the ticket has started; null if none. */
  generationId: string | null;
}

/**
 * Finds a ticket and checks that it may be used. A ticket that has started a reply can resume that reply without a time limit.
 * @throws ProblemError `unauthenticated`; `idempotency_mismatch` if the request asks another question than the ticket
 */
export async function redeemTicket(
  { store, clock }: TicketDependencies,
  asked: { ticket: string; message?: string | undefined; conversationId?: string | undefined },
): Promise<RedeemedTicket> {
  const hash = hashOf(asked.ticket);
  const ticket = await store.findTicket(hash);
  if (ticket === null) throw new ProblemError('unauthenticated', 'There is no such ticket.');
  const { user, chatId, message, expiresAt } = ticket;
  if ((asked.message ?? message) !== message) throw otherThanIssued('message');
  if ((asked.conversationId ?? chatId) !== chatId) throw otherThanIssued('conversationId');
  // Keys that clients choose contain no spaces.
  const idempotency = { key: `ticket ${hash}`, fingerprint: hash };
  const generationId = await store.findIdempotentResult(user.id, idempotency);
  if (generationId === null && clock.now() >= expiresAt) {
    throw new ProblemError('unauthenticated', 'The ticket has expired.');
  }
  return { user, chatId, message, idempotency, generationId };
}

/** @param parameter the one whose value isn't the ticket's */
function otherThanIssued(parameter: 'message' | 'conversationId'): ProblemError {
  return new ProblemError(
    'idempotency_mismatch',
    `The ticket was issued for another ${parameter}. Leave the parameter out, or request a new ticket.`,
  );
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
