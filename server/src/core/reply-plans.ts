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
import { dearest } from './cost.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { estimateReplyPrompt, estimateTextPrompt, summaryPrompt, titlePrompt } from './prompt.ts';
import { questionKeyOf } from './reply-cache.ts';

export interface PlanSettings extends ServerSettings {
  /** What may answer in the place of the model that is asked. */
  fallbackModels: readonly string[];
  /** How long a reply is the answer to the same first question (ms); null never. */
  replyCacheFor: number | null;
  budgets: BudgetLimits;
}

interface PlanDependencies {
  catalogue: ModelCatalogue;
  prices: Prices;
  clock: Clock;
}

/** A summary is short, but models may think first. */
const SUMMARY_TOKENS = 2048;
/** The same goes for a title: those who can't leave thinking out would have nothing left to say with the few tokens it takes. */
const TITLE_TOKENS = 512;
/** The likeliest title will do. */
const TITLE_TEMPERATURE = 0.2;

/** Decides how replies are made and what they may cost, by the settings their chat has at that moment. */
export class ReplyPlans {
  readonly #dependencies: PlanDependencies;
  readonly #settings: PlanSettings;

  constructor(dependencies: PlanDependencies, settings: PlanSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** @param model asked for by the request. The plan is for a transaction within `ModelCatalogue.checking`. */
  forReply(origin: StartGeneration['origin'], model: string | undefined): (chat: ChatSettings) => ReplyPlan {
    return (chat) => {
      const settings = this.#settingsOf(chat, model);
      return {
        settings,
        acceptsImages: this.#dependencies.catalogue.acceptsImages(settings.model),
        reserve: this.#reserve(settings, (material) => estimateReplyPrompt(settings.systemPrompt, material)),
        cache: this.#cacheOf(settings, origin),
      };
    };
  }

  /** The same for a summary: briefly, by the chat's model, and without much thought. */
  forSummary(): (chat: ChatSettings) => ReplyPlan {
    return (chat) =>
      this.#brief(chat, SUMMARY_TOKENS, (material) => estimateTextPrompt(summaryPrompt(material)));
  }

  /** And for a title. */
  forTitle(): (chat: ChatSettings) => ReplyPlan {
    return (chat) =>
      this.#brief({ ...chat, temperature: TITLE_TEMPERATURE }, TITLE_TOKENS, (material) =>
        estimateTextPrompt(titlePrompt(material)),
      );
  }

  #brief(chat: ChatSettings, tokens: number, estimate: (material: PromptContext) => number): ReplyPlan {
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
    const { replyCacheFor } = this.#settings;
    if (replyCacheFor === null || !('content' in origin)) return null;
    const since = this.#dependencies.clock.now() - replyCacheFor;
    return { questionKey: questionKeyOf(settings, origin.content), since };
  }

  #reserve(
    { model, maxOutputTokens }: ResolvedReplySettings,
    estimate: (material: PromptContext) => number,
  ): Reserve {
    const { prices, clock } = this.#dependencies;
    const { budgets, fallbackModels } = this.#settings;
    return (material, account, total) => {
      const now = clock.now();
      const wanted = {
        promptTokens: estimate(material),
        maxOutputTokens,
        prices: dearest([model, ...fallbackModels].map((each) => prices.of(each, now))),
      };
      return reserve(wanted, account, total, budgets, now);
    };
  }
}
