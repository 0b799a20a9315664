import type { ModelRatings, Rating } from '@millrace/protocol';

/**
 * What people think of replies. Each method is one transaction.
 *
 * The law: a reply has one rating at most, its owner's, who alone can see and change it; whoever follows its chat is told of
 * each change, and of nothing that changes nothing.
 */
export interface RatingStore {
  /**
   * In the place of the rating there is, if any; null takes that back.
   * @throws ProblemError `not_found`, `invalid_request` for what isn't a reply
   */
  rateMessage(userId: string, messageId: string, rating: Rating | null): Promise<void>;
  /** By the model that answered, those rated most often first. Without anybody's words. */
  countRatings(): Promise<ModelRatings[]>;
}
