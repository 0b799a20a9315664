import type { StartedGeneration, StartSummary } from '../../ports/generation-store.ts';
import { beginAside } from './background-generation.ts';
import { checkLease } from './begin-generation.ts';
import { pathTo, summariesOn } from './prompt-context.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import { findOwnMessage } from './messages.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { Script } from '../transaction.ts';

export function* startSummary(
  db: QueryBuilder,
  start: StartSummary,
  stamp: Stamp,
): Script<StartedGeneration | null> {
  const { userId, nodeId, messageId, pathMessages } = start;
  yield* lockUser(db, userId);
  yield* checkLease(db, nodeId);
  const { chat } = yield* findOwnMessage(db, userId, messageId);
  const summaries = yield* summariesOn(db, messageId, pathMessages);
  if (summaries.some(({ isMade }) => !isMade)) return null;

  const [newest] = summaries;
  if (newest?.depth === 1) return null;
  const path = yield* pathTo(db, messageId, (newest?.depth ?? pathMessages + 1) - 1);
  const context = path.context.slice(0, start.choose(path.context));
  const last = context.at(-1);
  if (last === undefined) return null;
  const material = {
    summary: newest?.text ?? null,
    context,
    signed: path.signed,
    // It tells their names.
    files: new Map(),
    omittedFileCount: 0,
  };
  return yield* beginAside(db, start, { chat, chatId: chat.id, parentId: last.id, material }, stamp);
}
