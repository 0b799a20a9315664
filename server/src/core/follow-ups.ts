import type { StartGeneration } from '../store/transactions/start-generation.ts';
import type { FollowUpDependencies, FollowUpSettings } from './follow-up-options.ts';
import type { Launched } from './launch-generation.ts';
import { Summaries } from './summaries.ts';
import { Titles } from './titles.ts';

/** Starts the background generations that follow a reply: a summary of messages that no longer fit, and the chat's title. */
export class FollowUps {
  readonly #summaries: Summaries | null;
  readonly #titles: Titles | null;

  constructor(dependencies: FollowUpDependencies, settings: FollowUpSettings) {
    this.#summaries = settings.summaries ? new Summaries(dependencies, settings) : null;
    this.#titles = settings.titles ? new Titles(dependencies, settings) : null;
  }

  /** Returns at once. A transcript is its own context and is never listed, so nothing follows its reply. */
  start(userId: string, launched: Launched, origin: StartGeneration['origin']): void {
    if (origin.kind === 'transcript') return;
    void this.#summaries?.follow(userId, launched);
    void this.#titles?.follow(userId, launched);
  }
}
