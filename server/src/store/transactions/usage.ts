import { API_USAGE_KEY } from '@millrace/protocol';
import type { ChatUsageSum, UsageSum } from '@millrace/protocol';
import type { LedgerRow } from '../ledger-rows.ts';
import { all } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { periodOf } from './ledger.ts';

/** Sums up the charges of a user in the current month by day (UTC), by model and by chat. */
export function* findUsage(
  tx: TransactionContext,
  userId: string,
): Transaction<{ days: UsageSum[]; models: UsageSum[]; chats: ChatUsageSum[] }> {
  const charges = yield* all(
    tx.db
      .selectFrom('ledger_entries')
      .select(['chat_id', 'model', 'usage_source', 'tokens', 'cost_micros', 'created_at'])
      .where('user_id', '=', userId)
      .where('period', '=', periodOf(tx.now))
      .where('kind', '=', 'charge')
      .orderBy('created_at'),
  );
  const views = { days: new Sums(), models: new Sums(), chats: new Sums() };
  for (const charge of charges) {
    views.days.add(new Date(charge.created_at).toISOString().slice(0, 10), charge);
    views.models.add(charge.model ?? '', charge);
    views.chats.add(charge.chat_id ?? API_USAGE_KEY, charge);
  }
  const titles = yield* findTitles(tx, userId);
  const chats = views.chats.list().map((sum): ChatUsageSum => ({
    ...sum,
    title: titles.get(sum.key) ?? null,
    isDeleted: sum.key !== API_USAGE_KEY && !titles.has(sum.key),
  }));
  return { days: views.days.list(), models: views.models.list(), chats };
}

/** The titles of a user's chats that are not deleted, by chat id. */
function* findTitles(tx: TransactionContext, userId: string): Transaction<Map<string, string | null>> {
  const chats = yield* all(
    tx.db
      .selectFrom('chats')
      .select(['id', 'title'])
      .where('owner_id', '=', userId)
      .where('deleted_at', 'is', null),
  );
  return new Map(chats.map(({ id, title }) => [id, title]));
}

class Sums {
  readonly #sums = new Map<string, UsageSum>();

  add(
    key: string,
    {
      tokens,
      cost_micros: costMicros,
      usage_source: usageSource,
    }: Pick<LedgerRow, 'tokens' | 'cost_micros' | 'usage_source'>,
  ): void {
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      const tokensBySource = { provider: 0, tokenizer: 0, estimate: 0 };
      sum = { key, replies: 0, tokens: 0, costMicros: 0, tokensBySource };
      this.#sums.set(key, sum);
    }
    sum.replies += 1;
    sum.tokens += tokens;
    sum.costMicros += costMicros;
    if (usageSource !== null) sum.tokensBySource[usageSource] += tokens;
  }

  list(): UsageSum[] {
    return [...this.#sums.values()];
  }
}
