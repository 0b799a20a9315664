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
import type { Store } from '../store/store.ts';
import type { Amount } from '../store/transactions/ledger.ts';
import type { Ended, Settled, Settlement } from '../store/transactions/settle-generation.ts';
import type { Prices } from '../ports/prices.ts';
import type { Clock } from '../ports/clock.ts';
import { thresholdNotice } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { costOf } from './cost.ts';
import { ZERO_USAGE } from './usage.ts';

/** How a generation ended, and what it produced. */
export type GenerationOutcome = Omit<Settlement, 'generationId' | 'nodeId' | 'costMicros'>;

export interface SettlementDependencies {
  store: Store;
  prices: Prices;
  clock: Clock;
  limits: BudgetLimits;
  /** Called once for each charge. */
  onCharge(charge: Charge): void;
}

export interface Charge extends Amount {
  model: string;
  usageSource: UsageSource;
  /** Whether the reply came from the cache instead of a model. */
  cached: boolean;
}

/**
 * Ends a generation: first in the database, which is the truth, then with the terminal event in its log. If a crash comes in
 * between, recovery repeats the missing steps with the same result.
 */
export async function settle(
  dependencies: SettlementDependencies & { writer: LogWriter; nodeId: string },
  generationId: string,
  outcome: GenerationOutcome,
): Promise<GenerationState> {
  const { store, prices, clock, limits, writer, nodeId } = dependencies;
  const error = outcome.error && { code: outcome.error.code, message: outcome.error.message };
  const costMicros = costOfUsage(outcome.usage, prices.of(outcome.model, clock.now()));
  const ended = await store.settleGeneration({ ...outcome, error, costMicros, generationId, nodeId });
  const { model, usageSource } = outcome;
  const { cached } = ended.generation;
  if (ended.charge !== null) dependencies.onCharge({ model, usageSource, cached, ...ended.charge });
  if (!writer.tail.hasEnded) {
    const notice = budgetNotice(ended, limits);
    if (notice !== null) writer.append(notice);
    writer.append(terminalEvent(ended));
    await writer.flush();
  }
  await store.closeGeneration(generationId, writer.tail.last);
  return ended.generation;
}

function costOfUsage(usage: Usage | null, prices: ModelPrices | null): number | null {
  if (usage === null) return 0;
  return prices && costOf(usage, prices);
}

function budgetNotice({ account, charge }: Settled, limits: BudgetLimits): ChatEvent | null {
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
          usage: generation.usage ?? ZERO_USAGE,
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
