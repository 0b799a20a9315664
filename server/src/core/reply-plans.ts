import type { ChatSettings } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { ReplyPlan, Reserve, ResolvedReplySettings } from '../store/transactions/begin-generation.ts';
import type { PromptContext } from '../store/transactions/prompt-context.ts';
import type { StartGeneration } from '../store/transactions/start-generation.ts';
import type { Prices } from '../ports/prices.ts';
import { reserve } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { replySettings } from './chat-settings.ts';
import type { ServerSettings } from './chat-settings.ts';
import { highestPrices } from './cost.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { estimateReplyPrompt, estimateTextPrompt, summaryPrompt, titlePrompt } from './prompt.ts';
import { questionKeyOf } from './reply-cache.ts';

export interface PlanSettings extends ServerSettings {
  /** May answer instead of the requested model, so a reservation covers their prices too. */
  fallbackModels: readonly string[];
  /** How long a reply is reused for the same first question; null never reuses it. */
  replyCacheTtlMs: number | null;
  budgets: BudgetLimits;
}

interface PlanDependencies {
  catalogue: ModelCatalogue;
  prices: Prices;
  clock: Clock;
}

/** More than a summary needs, because some models think first. */
const SUMMARY_MAX_OUTPUT_TOKENS = 2048;
/** Far more than a title needs: models that always think would use up a small limit before they write. */
const TITLE_MAX_OUTPUT_TOKENS = 512;
const TITLE_TEMPERATURE = 0.2;

/** Decides how replies are generated and what they may cost. A plan reads the chat's settings in the start transaction. */
export class ReplyPlans {
  readonly #dependencies: PlanDependencies;
  readonly #settings: PlanSettings;

  constructor(dependencies: PlanDependencies, settings: PlanSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** @param model named by the request. Run the transaction within `ModelCatalogue.withCheckedModel`. */
  forReply(origin: StartGeneration['origin'], model: string | undefined): (chat: ChatSettings) => ReplyPlan {
    return (chat) => {
      const settings = this.#settingsOf(chat, model);
      return {
        settings,
        acceptsImages: this.#dependencies.catalogue.acceptsImages(settings.model),
        reserve: this.#reserve(settings, (context) => estimateReplyPrompt(settings.systemPrompt, context)),
        cache: this.#cacheOf(settings, origin),
      };
    };
  }

  /** A short reply of the chat's model, with as little thinking as possible. */
  forSummary(): (chat: ChatSettings) => ReplyPlan {
    return (chat) =>
      this.#brief(chat, SUMMARY_MAX_OUTPUT_TOKENS, (context) => estimateTextPrompt(summaryPrompt(context)));
  }

  forTitle(): (chat: ChatSettings) => ReplyPlan {
    return (chat) =>
      this.#brief({ ...chat, temperature: TITLE_TEMPERATURE }, TITLE_MAX_OUTPUT_TOKENS, (context) =>
        estimateTextPrompt(titlePrompt(context)),
      );
  }

  #brief(chat: ChatSettings, tokens: number, estimate: (context: PromptContext) => number): ReplyPlan {
    const settings = this.#settingsOf({ ...chat, thinking: 'off', maxOutputTokens: null }, undefined);
    const brief = { ...settings, maxOutputTokens: Math.min(settings.maxOutputTokens, tokens) };
    return { settings: brief, acceptsImages: false, reserve: this.#reserve(brief, estimate), cache: null };
  }

  #settingsOf(chat: ChatSettings, model: string | undefined): ResolvedReplySettings {
    const { catalogue } = this.#dependencies;
    const settings = replySettings(chat, this.#settings, catalogue, model);
    catalogue.require(settings.model);
    return settings;
  }

  #cacheOf(settings: ResolvedReplySettings, origin: StartGeneration['origin']): ReplyPlan['cache'] {
    const { replyCacheTtlMs } = this.#settings;
    if (replyCacheTtlMs === null || !('content' in origin)) return null;
    const since = this.#dependencies.clock.now() - replyCacheTtlMs;
    return { questionKey: questionKeyOf(settings, origin.content), since };
  }

  #reserve(
    { model, maxOutputTokens }: ResolvedReplySettings,
    estimate: (context: PromptContext) => number,
  ): Reserve {
    const { prices, clock } = this.#dependencies;
    const { budgets, fallbackModels } = this.#settings;
    return (context, account, totalTokens) => {
      const now = clock.now();
      const requested = {
        promptTokens: estimate(context),
        maxOutputTokens,
        prices: highestPrices([model, ...fallbackModels].map((each) => prices.of(each, now))),
      };
      return reserve(requested, account, totalTokens, budgets, now);
    };
  }
}
