import type { Usage } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { GenerationContext, GenerationStore } from '../ports/generation-store.ts';
import type { EventTail } from './event-tail.ts';
import { rebuildMessage } from './message-builder.ts';
import type { MessageBuilder } from './message-builder.ts';
import { interruption, metaEvent } from './run-generation.ts';
import { settle } from './settle.ts';
import type { Ending } from './settle.ts';
import { estimateTokens, estimateUsage } from './token-estimate.ts';

/**
 * Ends what nobody runs any more: a running generation with all its log holds, a settled one without a terminal event with
 * that event.
 * @param owed how it ended, when that could not be written; null when its process ended, which makes it `interrupted`
 */
export async function recoverGeneration(
  { store, log, nodeId }: { store: GenerationStore; log: EventLog; nodeId: string },
  unfinished: GenerationContext,
  owed: Ending | null,
): Promise<void> {
  const writer = await log.writer(unfinished.generationId, nodeId);
  try {
    // The process may have died between the start and the first commit.
    if (writer.tail.last === 0) writer.append(metaEvent(unfinished));
    await writer.flush();
    const message = rebuildMessage(writer.tail.events());
    const ending = owed ?? interrupted(writer.tail, message, unfinished.promptTokens);
    // The message is the log, whoever ends it.
    await settle({ store, writer, nodeId }, unfinished.generationId, { ...ending, parts: message.parts() });
  } finally {
    writer.release();
  }
}

function interrupted(tail: EventTail, message: MessageBuilder, promptTokens: number): Omit<Ending, 'parts'> {
  return {
    status: 'interrupted',
    finishReason: null,
    error: interruption(),
    model: null,
    usage: usageFrom(tail, message, promptTokens),
    counted: 'estimated',
  };
}

/** The last usage in the log, with its output estimated anew if more was said since; without one an estimate. */
function usageFrom(tail: EventTail, message: MessageBuilder, promptTokens: number): Usage {
  const reported = tail.events().findLast((event) => event.name === 'usage');
  if (reported === undefined) {
    return estimateUsage(promptTokens, message.text('text'), message.text('thought'));
  }
  const usage: Usage = JSON.parse(reported.data);
  const outputTokens = Math.max(usage.outputTokens, estimateTokens(message.text('text')));
  return { ...usage, outputTokens, totalTokens: usage.totalTokens - usage.outputTokens + outputTokens };
}
