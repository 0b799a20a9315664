import type { StartedGeneration, StartSummary } from '../../ports/generation-store.ts';
import { beginGeneration, checkLease, reservationFor } from './begin-scripts.ts';
import { pathTo, summariesOn } from './context-scripts.ts';
import type { Stamp } from './ledger-scripts.ts';
import { findOwnMessage } from './message-scripts.ts';
import type { QueryBuilder } from './query-builder.ts';
import { toSettings } from './rows.ts';
import type { Script } from './script.ts';

export function* startSummary(
  db: QueryBuilder,
  start: StartSummary,
  stamp: Stamp,
): Script<StartedGeneration | null> {
  const { userId, generationId, nodeId, messageId, pathMessages } = start;
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
    filesLeftOut: 0,
  };
  const { settings, reserve } = start.planFor(toSettings(chat));
  const { model } = settings;
  const reservation = yield* reservationFor(db, { ...start, reserve }, material, stamp.now);
  const { message } = yield* beginGeneration(
    db,
    {
      userId,
      generationId,
      nodeId,
      model,
      chatId: chat.id,
      bookedTo: chat.id,
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
    chatId: chat.id,
    generationId,
    model,
    promptTokens,
    settings,
    reservation,
    ...material,
    userMessage: null,
    assistantMessage: message,
    cached: null,
  };
}
