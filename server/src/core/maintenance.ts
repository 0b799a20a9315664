import type { Accounts } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Store } from '../store/store.ts';

const DAY_MS = 86_400_000;
/** Time since a guest was last seen. */
const GUEST_RETENTION_MS = 30 * DAY_MS;
/** A request repeated later than this starts a new reply. */
const IDEMPOTENCY_KEY_TTL_MS = DAY_MS;
const UNSENT_ATTACHMENT_TTL_MS = DAY_MS;
/** Only images added within this time are checked for being unused, which a crash can leave behind. */
const UNUSED_MEDIA_LOOKBACK_MS = 7 * DAY_MS;

interface MaintenanceDependencies {
  store: Store;
  log: EventLog;
  /** Null when a host application has the accounts. */
  accounts: Accounts | null;
  quotas: QuotaCounters;
  clock: Clock;
}

/** Prunes old events, hidden chats, expired links, unused images and attachments, and guests who didn't return. */
export async function prune(
  { store, log, accounts, quotas, clock }: MaintenanceDependencies,
  { eventRetentionMs }: { eventRetentionMs: number },
): Promise<void> {
  await log.prune(clock.now() - eventRetentionMs);
  await quotas.prune();
  await store.pruneChannels(clock.now() - eventRetentionMs);
  await store.deleteIdempotencyKeys(clock.now() - IDEMPOTENCY_KEY_TTL_MS);
  // A ticket lives as long as the idempotency key of the reply it started.
  await store.deleteExpiredTickets(clock.now() - IDEMPOTENCY_KEY_TTL_MS);
  await store.removeExpiredShares();
  while ((await store.removeHiddenChats(clock.now() - eventRetentionMs)) > 0);
  await store.removeUnusedAttachments(clock.now() - UNSENT_ATTACHMENT_TTL_MS);
  await store.removeUnusedMedia(clock.now() - UNUSED_MEDIA_LOOKBACK_MS);
  const guests = await store.removeGuests(clock.now() - GUEST_RETENTION_MS);
  await accounts?.remove(guests);
}
