import type { Logger } from '../ports/logger.ts';
import type { Store } from '../store/store.ts';
import type { GenerationLauncher } from './launch-generation.ts';
import type { ReplyPlans } from './reply-plans.ts';

export interface FollowUpDependencies {
  launcher: GenerationLauncher;
  store: Store;
  logger: Logger;
  plans: ReplyPlans;
  /** While the server is shutting down, no follow-up starts. */
  isShuttingDown: () => boolean;
}

export interface FollowUpSettings {
  /** How many messages the model is sent, the question included. */
  contextMessages: number;
  /** Whether earlier messages are summarized. */
  summaries: boolean;
  /** Whether a model writes chat titles. */
  titles: boolean;
  enforcesGlobalLimit: boolean;
}
