import type { AuditEntry, AccountLimit } from '@millrace/protocol';
import { formatDollars } from '../format/dollars.ts';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

interface Limits {
  tokens: AccountLimit;
  costMicros: AccountLimit;
}

/** The amounts that aren't zero, as text. */
export function amountText({ tokens, costMicros }: { tokens: number; costMicros: number }): string {
  const { usage } = pageStrings;
  return [tokens > 0 && usage.tokenCount(tokens), costMicros > 0 && formatDollars(costMicros)]
    .filter((part) => part !== false)
    .join(' + ');
}

/** The action of an audit entry, as text. */
export function auditActionText({ action, details }: AuditEntry): string {
  const { admin } = pageStrings;
  const actions = admin.auditActions;
  switch (action) {
    case 'grant':
      return admin.granted(amountText(details as { tokens: number; costMicros: number }));
    case 'limits':
      return limitsText(details as { before: Limits; after: Limits });
    case 'role':
      return details['after'] === 'admin' ? actions.administratorAdded : actions.administratorRemoved;
    case 'user_deleted':
      return actions.deleted;
  }
}

function limitsText({ before, after }: { before: Limits; after: Limits }): string {
  const { admin } = pageStrings;
  const change = (what: string, from: AccountLimit, to: AccountLimit, format: (amount: number) => string) => {
    if (from === to) return [];
    const text = (limit: AccountLimit) =>
      typeof limit === 'number' ? format(limit) : admin.auditActions.limitValues[limit];
    return [admin.auditActions.limitChange(what, text(from), text(to))];
  };
  const changes = [
    ...change(strings.labels.tokens, before.tokens, after.tokens, (tokens) => tokens.toLocaleString()),
    ...change(strings.labels.dollars, before.costMicros, after.costMicros, formatDollars),
  ];
  return changes.length === 0
    ? admin.auditActions.limitsUnchanged
    : admin.auditActions.limits(changes.join(', '));
}
