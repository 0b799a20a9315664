import type { EventLog } from '../ports/event-log.ts';
import type { GenerationContext, GenerationStore } from '../ports/generation-store.ts';
import type { GenerationState, Usage } from '@millrace/protocol';
import { estimatePrompt } from './budget.ts';
import type { EventTail } from './event-tail.ts';
import { rebuildMessage } from './message-builder.ts';
import { interruption, metaEvent } from './run-generation.ts';
import { settle } from './settle.ts';
import { estimateTokens, estimateUsage } from './token-estimate.ts';

/**
 * Ends what a crash left: a running generation as `interrupted` with all its log holds, a settled one without a terminal
 * event with that event. @returns how many there were
 */
export async function recoverGenerations({
  store,
  log,
}: {
  store: GenerationStore;
  log: EventLog;
}): Promise<number> {
  const unfinished = await store.unfinishedGenerations();
  for (const generation of unfinished) await recover({ store, log }, generation);
  return unfinished.length;
}

async function recover(
  { store, log }: { store: GenerationStore; log: EventLog },
  unfinished: GenerationContext & { generation: GenerationState },
): Promise<void> {
  const writer = await log.writer(unfinished.generationId);
  // The process may have died between the start and the first commit.
  if (writer.tail.last === 0) writer.append(metaEvent(unfinished));
  await writer.flush();
  const message = rebuildMessage(writer.tail.events());
  await settle({ store, writer }, unfinished.generationId, {
    status: 'interrupted',
    parts: message.parts(),
    finishReason: null,
    error: interruption(),
    model: null,
    usage: usageFrom(writer.tail, unfinished),
    counted: 'estimated',
  });
}

/** The last usage in the log, or the estimate, whichever knows of more. */
function usageFrom(tail: EventTail, { userMessage }: GenerationContext): Usage {
  const message = rebuildMessage(tail.events());
  const prompt = estimatePrompt(null, userMessage === null ? [] : [userMessage]);
  const estimate = estimateUsage(prompt, message.text('text'), message.text('thought'));
  const reported = tail.events().findLast((event) => event.name === 'usage');
  if (reported === undefined) return estimate;
  const usage = JSON.parse(reported.data) as Usage;
  const outputTokens = Math.max(usage.outputTokens, estimateTokens(message.text('text')));
  return { ...usage, outputTokens, totalTokens: usage.totalTokens - usage.outputTokens + outputTokens };
}
