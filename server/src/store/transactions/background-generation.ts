import type { PromptContext, StartedGeneration, StartSummary } from '../../ports/generation-store.ts';
import { beginGeneration, reservationFor } from './begin-generation.ts';
import type { Stamp } from './ledger.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toSettings } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import type { Script } from '../transaction.ts';

interface Aside {
  /** Which it is for: by its settings it is made, and to it it is booked. */
  chat: ChatRow;
  /** Where its message goes, and after which. */
  chatId: string;
  parentId: string;
  material: PromptContext;
}

/** Begins what a model is asked beside the conversation: no reply, and not counted among those that run at once. */
export function* beginAside(
  db: QueryBuilder,
  start: Pick<StartSummary, 'userId' | 'generationId' | 'nodeId' | 'enforcesGlobalLimit' | 'planFor'>,
  { chat, chatId, parentId, material }: Aside,
  stamp: Stamp,
): Script<StartedGeneration> {
  const { userId, generationId, nodeId } = start;
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
      chatId,
      bookedTo: chat.id,
      reservation,
      parentId,
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
    settings,
    reservation,
    ...material,
    userMessage: null,
    assistantMessage: message,
    cached: null,
  };
}
