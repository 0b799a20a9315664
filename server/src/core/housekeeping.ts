import type { Accounts } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Store } from '../store/store.ts';

/** A guest not seen for so long is removed (ms). */
const GUESTS_KEPT_FOR = 30 * 86_400_000;
/** A request sent again later than this is a new one (ms). */
const KEYS_KEPT_FOR = 86_400_000;
/** A file that was attached and never sent is removed (ms). */
const UNSENT_KEPT_FOR = 86_400_000;
/** Images that a crash left without a message are looked for among those added since (ms). */
const STRAY_MEDIA_SINCE = 7 * 86_400_000;

/** What has to be thrown away now and then: old events, hidden chats, links that have ended, images that nothing shows, files that were never sent, and guests who left for good. */
export async function housekeep(
  {
    store,
    log,
    accounts,
    quotas,
    clock,
  }: { store: Store; log: EventLog; accounts: Accounts | null; quotas: QuotaCounters; clock: Clock },
  { eventsKeptFor }: { eventsKeptFor: number },
): Promise<void> {
  await log.prune(clock.now() - eventsKeptFor);
  await quotas.prune();
  await store.pruneChannels(clock.now() - eventsKeptFor);
  await store.deleteIdempotencyKeys(clock.now() - KEYS_KEPT_FOR);
  // As long as what they began is known.
  await store.deleteExpiredTickets(clock.now() - KEYS_KEPT_FOR);
  await store.removeExpiredShares();
  while ((await store.removeHiddenChats(clock.now() - eventsKeptFor)) > 0);
  await store.removeUnusedAttachments(clock.now() - UNSENT_KEPT_FOR);
  await store.removeUnusedMedia(clock.now() - STRAY_MEDIA_SINCE);
  const guests = await store.removeGuests(clock.now() - GUESTS_KEPT_FOR);
  await accounts?.remove(guests);
}
