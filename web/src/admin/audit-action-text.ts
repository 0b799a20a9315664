import type { AuditEntry, OwnLimit } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { pageStrings } from '../strings/en-pages.ts';

interface Limits {
  tokens: OwnLimit;
  costMicros: OwnLimit;
}

/** Tokens and micro-dollars, those there are. */
export function amountText({ tokens, costMicros }: { tokens: number; costMicros: number }): string {
  const { usage } = pageStrings;
  return [tokens > 0 && usage.tokenCount(tokens), costMicros > 0 && formatDollars(costMicros)]
    .filter((part) => part !== false)
    .join(' + ');
}

/** What was done, in words. */
export function auditActionText({ action, details }: AuditEntry): string {
  const { deeds } = pageStrings.admin;
  switch (action) {
    case 'grant':
      return deeds.grant(amountText(details as { tokens: number; costMicros: number }));
    case 'limits':
      return limitsText(details as { before: Limits; after: Limits });
    case 'role':
      return details['after'] === 'admin' ? deeds.administratorAdded : deeds.administratorRemoved;
    case 'user_deleted':
      return deeds.deleted;
  }
}

function limitsText({ before, after }: { before: Limits; after: Limits }): string {
  const { admin } = pageStrings;
  const change = (what: string, from: OwnLimit, to: OwnLimit, format: (amount: number) => string) => {
    if (from === to) return [];
    const text = (limit: OwnLimit) =>
      typeof limit === 'number' ? format(limit) : admin.deeds.limitValues[limit];
    return [admin.deeds.limitChange(what, text(from), text(to))];
  };
  const changes = [
    ...change(admin.tokenLimit, before.tokens, after.tokens, (tokens) => tokens.toLocaleString()),
    ...change(admin.costLimit, before.costMicros, after.costMicros, formatDollars),
  ];
  return changes.length === 0 ? admin.deeds.limitsSame : admin.deeds.limits(changes.join(', '));
}
