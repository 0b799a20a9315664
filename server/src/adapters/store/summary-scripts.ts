import type { StartedGeneration, StartSummary } from '../../ports/generation-store.ts';
import { beginGeneration, checkLease, reservationFor } from './begin-scripts.ts';
import { pathTo, summariesOn } from './context-scripts.ts';
import type { Stamp } from './ledger-scripts.ts';
import { findOwnMessage } from './message-scripts.ts';
import type { QueryBuilder } from './query-builder.ts';
import type { Script } from './script.ts';

export function* startSummary(
  db: QueryBuilder,
  start: StartSummary,
  stamp: Stamp,
): Script<StartedGeneration | null> {
  const { userId, generationId, nodeId, model, messageId, pathMessages } = start;
  yield* checkLease(db, nodeId);
  const { chatId } = yield* findOwnMessage(db, userId, messageId);
  const summaries = yield* summariesOn(db, messageId, pathMessages);
  if (summaries.some(({ isMade }) => !isMade)) return null;

  const [newest] = summaries;
  const path =
    newest?.depth === 1 ? [] : yield* pathTo(db, messageId, (newest?.depth ?? pathMessages + 1) - 1);
  const context = path.slice(0, start.choose(path));
  const last = context.at(-1);
  if (last === undefined) return null;
  const material = { summary: newest?.text ?? null, context };
  const reservation = yield* reservationFor(db, start, material, stamp.now);
  const { message } = yield* beginGeneration(
    db,
    {
      userId,
      generationId,
      nodeId,
      model,
      chatId,
      reservation,
      parentId: last.id,
      role: 'system',
      continues: null,
      questionId: null,
      questionKey: null,
      cachedFrom: null,
    },
    stamp,
  );
  const { promptTokens } = reservation;
  return {
    chatId,
    generationId,
    model,
    promptTokens,
    reservation,
    ...material,
    userMessage: null,
    assistantMessage: message,
    cached: null,
  };
}
