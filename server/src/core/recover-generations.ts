import { isEventName, parseData } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { GenerationContext } from '../store/transactions/generations.ts';
import type { EventTail } from './event-tail.ts';
import { rebuildMessage } from './message-builder.ts';
import { interruption, metaEvent } from './run-generation.ts';
import { settle } from './settle.ts';
import type { GenerationOutcome, SettlementDependencies } from './settle.ts';
import { NO_USAGE, TokenMeter } from './token-meter.ts';

/**
 * Ends a generation that no process runs: settles one that was running with what its log holds, and appends the missing terminal event
 * of one that is settled.
 * @param pending the outcome that could not be saved; null when the process ended, which makes the generation `interrupted`
 */
export async function recoverGeneration(
  { log, nodeId, ...dependencies }: SettlementDependencies & { log: EventLog; nodeId: string },
  context: GenerationContext,
  pending: GenerationOutcome | null,
): Promise<void> {
  const writer = await log.writer(context.generationId, nodeId);
  try {
    // The process may have ended between the start transaction and the first commit.
    if (writer.tail.last === 0) writer.append(metaEvent(context));
    await writer.flush();
    const outcome = pending ?? interruptedOutcome(writer.tail, context);
    // The message is what the log holds. If the log has lost events, a pending outcome still has the whole message.
    const isPendingWhole = pending !== null && writer.hasLostEvents;
    const parts = isPendingWhole ? pending.parts : rebuildMessage(writer.tail.events()).parts();
    await settle({ ...dependencies, writer, nodeId }, context.generationId, { ...outcome, parts });
  } finally {
    writer.release();
  }
}

function interruptedOutcome(
  tail: EventTail,
  { model, promptTokens, assistantMessage }: GenerationContext,
): Omit<GenerationOutcome, 'parts'> {
  return {
    status: 'interrupted',
    // The ended process held them in memory.
    providerData: [],
    finishReason: null,
    error: interruption(),
    firstTokenMs: null,
    model: answeringModel(tail) ?? model,
    ...(assistantMessage.cached
      ? NO_USAGE
      : // The model was asked, or was about to be.
        meterFromLog(tail, promptTokens).read({ isFinal: false, assumePromptUsed: true })),
  };
}

function answeringModel(tail: EventTail): string | undefined {
  let model: string | undefined;
  for (const { name, data } of tail.events()) {
    if (name !== 'notice') continue;
    const event = parseData(name, data);
    if (event.event === 'notice') model = event.data.model ?? model;
  }
  return model;
}

function meterFromLog(tail: EventTail, promptTokens: number): TokenMeter {
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
