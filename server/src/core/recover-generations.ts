import { isEventName, parseData } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { GenerationContext } from '../ports/generation-store.ts';
import type { EventTail } from './event-tail.ts';
import { rebuildMessage } from './message-builder.ts';
import { interruption, metaEvent } from './run-generation.ts';
import { settle } from './settle.ts';
import type { Books, Ending } from './settle.ts';
import { NOTHING_USED, TokenMeter } from './token-meter.ts';

/**
 * Ends what nobody runs any more: a running generation with all its log holds, a settled one without a terminal event with
 * that event.
 * @param owed how it ended, when that could not be written; null when its process ended, which makes it `interrupted`
 */
export async function recoverGeneration(
  { log, nodeId, ...books }: Books & { log: EventLog; nodeId: string },
  unfinished: GenerationContext,
  owed: Ending | null,
): Promise<void> {
  const writer = await log.writer(unfinished.generationId, nodeId);
  try {
    // The process may have died between the start and the first commit.
    if (writer.tail.last === 0) writer.append(metaEvent(unfinished));
    await writer.flush();
    const ending = owed ?? interrupted(writer.tail, unfinished);
    // The message is the log, whoever ends it. What is lost of that may be remembered by the one who made it.
    const isRemembered = owed !== null && writer.hasLostEvents;
    const parts = isRemembered ? owed.parts : rebuildMessage(writer.tail.events()).parts();
    await settle({ ...books, writer, nodeId }, unfinished.generationId, { ...ending, parts });
  } finally {
    writer.release();
  }
}

function interrupted(
  tail: EventTail,
  { model, promptTokens, assistantMessage }: GenerationContext,
): Omit<Ending, 'parts'> {
  return {
    status: 'interrupted',
    // They were in the memory of the process that is gone.
    signed: [],
    finishReason: null,
    error: interruption(),
    firstTokenMs: null,
    model: answeredBy(tail) ?? model,
    ...(assistantMessage.cached
      ? NOTHING_USED
      : // The model was asked, or was about to be.
        meterOf(tail, promptTokens).read({ isFinal: false, wasAsked: true })),
  };
}

function answeredBy(tail: EventTail): string | undefined {
  let model: string | undefined;
  for (const { name, data } of tail.events()) {
    if (name !== 'notice') continue;
    const event = parseData(name, data);
    if (event.event === 'notice') model = event.data.model ?? model;
  }
  return model;
}

/** Of what the log has of a reply. */
function meterOf(tail: EventTail, promptTokens: number): TokenMeter {
  const meter = new TokenMeter(promptTokens);
  for (const { name, data } of tail.events()) {
    if (!isEventName(name)) continue;
    const event = parseData(name, data);
    if (event.event === 'delta') meter.text(event.data.text);
    else if (event.event === 'thought') meter.thought(event.data.text);
    else if (event.event === 'usage') meter.report(event.data);
  }
  return meter;
}
