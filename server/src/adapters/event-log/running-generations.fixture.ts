import { GENERATIONS, NEW_OWNER, NODE } from '../../ports/event-log.contract.ts';
import { registerNode, takeOver } from '../../store/transactions/nodes.ts';
import type { QueryBuilder } from '../../store/query-builder.ts';
import { execute } from '../../store/transaction.ts';
import type { Transaction } from '../../store/transaction.ts';

/** Creates the nodes and generations of the contract. Foreign keys must be off: there are no chats. */
export function* runGenerations(db: QueryBuilder): Transaction<void> {
  for (const id of [NODE, NEW_OWNER]) yield* registerNode({ db }, { id, renewals: 0, process: '' });
  for (const id of GENERATIONS) {
    const running = { id, chat_id: '', message_id: id, user_id: '', status: 'running', model: '' } as const;
    yield* execute(
      db
        .insertInto('generations')
        .values({ ...running, node_id: NODE, epoch: 0, prompt_estimate: 0, created_at: 0 }),
    );
  }
}

/** Ends the lease of NODE, whose generations NEW_OWNER takes over. */
export function* expireNode(db: QueryBuilder): Transaction<void> {
  yield* takeOver({ db }, [{ id: NODE, renewals: 0, process: '' }], NEW_OWNER);
}

/** See EventLogHarness. */
export function* endGeneration(
  db: QueryBuilder,
  generationId: string,
  endedAt: number,
  lastSequence: number | null,
): Transaction<void> {
  yield* execute(
    db
      .updateTable('generations')
      .set({ ended_at: endedAt, last_sequence: lastSequence })
      .where('id', '=', generationId),
  );
}
