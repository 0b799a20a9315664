import { REPLY_ERRORS } from '@millrace/protocol';
import type {
  ChatEvent,
  UsageSource,
  GenerationState,
  Message,
  ModelPrices,
  Usage,
} from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';
import type { Ended, GenerationStore, Settled, Settlement } from '../ports/generation-store.ts';
import type { Amount } from '../ports/ledger-store.ts';
import type { Prices } from '../ports/prices.ts';
import type { Clock } from '../ports/clock.ts';
import { thresholdNotice } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { costOf } from './cost.ts';

/** How a generation ends, and what it leaves. */
export type Ending = Omit<Settlement, 'generationId' | 'nodeId' | 'costMicros'>;

/** What settling takes, whichever generation. */
export interface Books {
  store: GenerationStore;
  prices: Prices;
  clock: Clock;
  limits: BudgetLimits;
  /** Told of each charge, once. */
  onCharge(charge: Charge): void;
}

export interface Charge extends Amount {
  model: string;
  usageSource: UsageSource;
  /** Whether nothing was asked, for the reply was known. */
  cached: boolean;
}

/**
 * Ends a generation: first in the database, which is the truth, then with the terminal event in its log. Whatever a crash
 * leaves undone in between is done again, to the same effect, by recovery.
 */
export async function settle(
  { writer, nodeId, ...books }: Books & { writer: LogWriter; nodeId: string },
  generationId: string,
  ending: Ending,
): Promise<GenerationState> {
  const { store, prices, clock, limits } = books;
  const error = ending.error && { code: ending.error.code, message: ending.error.message };
  const costMicros = costOfEnding(ending, prices.of(ending.model, clock.now()));
  const ended = await store.settleGeneration({ ...ending, error, costMicros, generationId, nodeId });
  const { model, usageSource } = ending;
  const { cached } = ended.generation;
  if (ended.charge !== null) books.onCharge({ model, usageSource, cached, ...ended.charge });
  if (!writer.tail.hasEnded) {
    const notice = noticeOf(ended, limits);
    if (notice !== null) writer.append(notice);
    writer.append(terminalEvent(ended));
    await writer.flush();
  }
  await store.closeGeneration(generationId, writer.tail.last);
  return ended.generation;
}

function costOfEnding({ usage }: Ending, prices: ModelPrices | null): number | null {
  if (usage === null) return 0;
  return prices && costOf(usage, prices);
}

function noticeOf({ account, charge }: Settled, limits: BudgetLimits): ChatEvent | null {
  return account && thresholdNotice(account, charge?.tokens ?? 0, limits);
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
          costMicros: generation.costMicros,
          usageSource: generation.usageSource ?? 'estimate',
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
