import type { Usage } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { GenerationContext, GenerationStore } from '../ports/generation-store.ts';
import type { ReplyError } from './errors.ts';
import type { EventTail } from './event-tail.ts';
import { rebuildMessage } from './message-builder.ts';
import type { MessageBuilder } from './message-builder.ts';
import { interruption, metaEvent } from './run-generation.ts';
import { settle } from './settle.ts';
import { estimateTokens, estimateUsage } from './token-estimate.ts';

/**
 * Ends what nobody runs any more: a running generation with all its log holds, a settled one without a terminal event with
 * that event.
 * @param failure why it failed; null when its process ended, which makes it `interrupted`
 */
export async function recoverGeneration(
  { store, log, nodeId }: { store: GenerationStore; log: EventLog; nodeId: string },
  unfinished: GenerationContext,
  failure: ReplyError | null,
): Promise<void> {
  const writer = await log.writer(unfinished.generationId, nodeId);
  try {
    // The process may have died between the start and the first commit.
    if (writer.tail.last === 0) writer.append(metaEvent(unfinished));
    await writer.flush();
    const message = rebuildMessage(writer.tail.events());
    await settle({ store, writer, nodeId }, unfinished.generationId, {
      status: failure === null ? 'interrupted' : 'failed',
      parts: message.parts(),
      finishReason: null,
      error: failure ?? interruption(),
      model: null,
      usage: usageFrom(writer.tail, message, unfinished.promptTokens),
      counted: 'estimated',
    });
  } finally {
    writer.release();
  }
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
