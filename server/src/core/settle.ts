import { REPLY_ERRORS } from '@millrace/protocol';
import type { ChatEvent, GenerationState, Message, Usage } from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';
import type { Ended, GenerationStore, Settlement } from '../ports/generation-store.ts';

/** How a generation ends, and what it leaves. */
export type Ending = Omit<Settlement, 'generationId' | 'nodeId'>;

/**
 * Ends a generation: first in the database, which is the truth, then with the terminal event in its log. Whatever a crash
 * leaves undone in between is done again, to the same effect, by recovery.
 */
export async function settle(
  { store, writer, nodeId }: { store: GenerationStore; writer: LogWriter; nodeId: string },
  generationId: string,
  ending: Ending,
): Promise<GenerationState> {
  const error = ending.error && { code: ending.error.code, message: ending.error.message };
  const ended = await store.settleGeneration({ ...ending, error, generationId, nodeId });
  if (!writer.tail.ended) {
    writer.append(terminalEvent(ended));
    await writer.flush();
  }
  await store.closeGeneration(generationId, writer.tail.last);
  return ended.generation;
}

/** The terminal event of a generation that has ended. */
export function terminalEvent({ generation, message }: Ended): ChatEvent {
  switch (generation.status) {
    case 'completed':
    case 'stopped':
      return {
        event: 'done',
        data: {
          status: generation.status,
          finishReason: generation.finishReason ?? 'stop',
          message,
          usage: generation.usage ?? NO_USAGE,
          tokensUsed: generation.tokensUsed ?? 0,
          counted: generation.counted ?? 'estimated',
        },
      };
    case 'failed':
    case 'interrupted':
      return errorEvent(generation.status, generation, message);
    case 'running':
      throw new Error(`Generation ${generation.id} has not ended`);
  }
}

function errorEvent(
  status: 'failed' | 'interrupted',
  generation: GenerationState,
  partial: Message,
): ChatEvent {
  const code = (generation.error?.code ?? 'internal') as keyof typeof REPLY_ERRORS;
  return {
    event: 'error',
    data: {
      status,
      code,
      message: generation.error?.message ?? '',
      retryable: REPLY_ERRORS[code].retryable,
      partial,
    },
  };
}

const NO_USAGE: Usage = {
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 0,
};
