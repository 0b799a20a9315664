import type { NodeLease } from '../../ports/node-store.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

export function* registerNode(db: QueryBuilder, node: NodeLease): Script<void> {
  yield* execute(db.insertInto('nodes').values(node));
}

export function* renewNode(db: QueryBuilder, nodeId: string): Script<boolean> {
  const renewed = yield* first(
    db
      .updateTable('nodes')
      .set(({ eb }) => ({ renewals: eb('renewals', '+', 1) }))
      .where('id', '=', nodeId)
      .returning('id'),
  );
  return renewed !== undefined;
}

export function* listNodes(db: QueryBuilder): Script<NodeLease[]> {
  return yield* all(db.selectFrom('nodes').selectAll().orderBy('id'));
}

const selectNode = prepared((db, { nodeId }: { nodeId: string }) => {
  const node = db.selectFrom('nodes').select('id').where('id', '=', nodeId);
  return db.isPostgres ? node.forKeyShare() : node;
});

/** Whether a node still holds its lease, until the end of the transaction. */
export function* isListed(db: QueryBuilder, nodeId: string): Script<boolean> {
  return (yield* first(selectNode(db, { nodeId }))) !== undefined;
}

export function* takeOver(
  db: QueryBuilder,
  lapsed: readonly NodeLease[],
  newOwnerId: string,
): Script<number> {
  for (const { id, renewals } of lapsed) {
    yield* execute(db.deleteFrom('nodes').where('id', '=', id).where('renewals', '=', renewals));
  }
  const takenOver = yield* all(
    db
      .updateTable('generations')
      .set(({ eb }) => ({ node_id: newOwnerId, epoch: eb('epoch', '+', 1) }))
      .where('last_sequence', 'is', null)
      .where('node_id', 'not in', db.selectFrom('nodes').select('nodes.id'))
      .returning('id'),
  );
  return takenOver.length;
}

export function* removeNode(db: QueryBuilder, nodeId: string): Script<void> {
  yield* execute(db.deleteFrom('nodes').where('id', '=', nodeId));
}
