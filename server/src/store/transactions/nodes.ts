import { prepared } from '../prepared.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/**
 * The processes that share the database. The law: a node that no longer holds its lease can neither write an event nor settle a
 * generation, and exactly one other node takes over what it ran.
 */
export interface NodeLease {
  id: string;
  /** Grows with each renewal. A node that sees it unchanged for the time of a lease may take over. */
  renewals: number;
  /** Identifies the process on its own machine; see ProcessProbe. */
  process: string;
}

export function* registerNode(tx: Pick<TransactionContext, 'db'>, node: NodeLease): Transaction<void> {
  yield* execute(tx.db.insertInto('nodes').values(node));
}

/** Renews a lease. @returns false when the lease has expired and another node took over */
export function* renewNode(tx: TransactionContext, nodeId: string): Transaction<boolean> {
  const renewed = yield* first(
    tx.db
      .updateTable('nodes')
      .set(({ eb }) => ({ renewals: eb('renewals', '+', 1) }))
      .where('id', '=', nodeId)
      .returning('id'),
  );
  return renewed !== undefined;
}

export function* listNodes(tx: Pick<TransactionContext, 'db'>): Transaction<NodeLease[]> {
  return yield* all(tx.db.selectFrom('nodes').selectAll().orderBy('id'));
}

const selectNode = prepared((db, { nodeId }: { nodeId: string }) => {
  const node = db.selectFrom('nodes').select('id').where('id', '=', nodeId);
  return db.isPostgres ? node.forKeyShare() : node;
});

/** Whether a node holds its lease. It then keeps the lease at least until the end of the transaction. */
export function* holdsLease(tx: TransactionContext, nodeId: string): Transaction<boolean> {
  return (yield* first(selectNode(tx.db, { nodeId }))) !== undefined;
}

/**
 * Ends the given leases unless they were renewed meanwhile, and gives the unfinished generations of all nodes without a lease to
 * a new owner. @returns how many generations that are
 */
export function* takeOver(
  tx: Pick<TransactionContext, 'db'>,
  expired: readonly NodeLease[],
  newOwnerId: string,
): Transaction<number> {
  for (const { id, renewals } of expired) {
    yield* execute(tx.db.deleteFrom('nodes').where('id', '=', id).where('renewals', '=', renewals));
  }
  const takenOver = yield* all(
    tx.db
      .updateTable('generations')
      .set(({ eb }) => ({ node_id: newOwnerId, epoch: eb('epoch', '+', 1) }))
      .where('last_sequence', 'is', null)
      .where('node_id', 'not in', tx.db.selectFrom('nodes').select('nodes.id'))
      .returning('id'),
  );
  return takenOver.length;
}

/** Ends the lease of a node that shuts down. */
export function* removeNode(tx: TransactionContext, nodeId: string): Transaction<void> {
  yield* execute(tx.db.deleteFrom('nodes').where('id', '=', nodeId));
}
