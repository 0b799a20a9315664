import type { Model } from '@millrace/protocol';
import type { ModelProvider } from '../ports/model-provider.ts';
import { ProblemError } from './errors.ts';

/** How long to wait for the list of models (ms). */
const PATIENCE = 5000;

/** A transaction found that it takes a model of which nothing is known yet; nothing can be asked within it. */
class UncheckedModelError extends Error {
  override readonly name = 'UncheckedModelError';
  readonly model: string;

  constructor(model: string) {
    super(`Whether there is a model ${model} isn't known yet`);
    this.model = model;
  }
}

/** The models one may ask for, as they were listed last: known at once, so that transactions can decide by it. */
export class ModelCatalogue {
  readonly #models: ModelProvider | null;
  readonly #defaultModel: string;
  #listed: ReadonlyMap<string, Model> = new Map();

  /** @param models null when there is no model to ask. @param defaultModel the operator's word is enough for it */
  constructor(models: ModelProvider | null, defaultModel: string) {
    this.#models = models;
    this.#defaultModel = defaultModel;
  }

  /** How much a model can write (tokens); without end where that isn't known. */
  outputLimitOf(model: string): number {
    return this.#listed.get(model)?.outputTokenLimit || Number.POSITIVE_INFINITY;
  }

  /** Whether a model takes images; where that isn't known, it is left to its service. */
  acceptsImages(model: string): boolean {
    return this.#listed.get(model)?.acceptsImages ?? true;
  }

  /** Within `checking`: has a model checked before anything is done with it. */
  require(model: string): void {
    if (model === this.#defaultModel) return;
    if (!this.#listed.has(model)) throw new UncheckedModelError(model);
    // A model that is withdrawn is refused before long. The provider remembers the list, so this costs next to nothing.
    void this.refresh();
  }

  /** Does what may find out in the middle that it takes a model nobody has checked; then once more, when that is done. */
  async checking<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UncheckedModelError)) throw error;
      await this.check(error.model, 'model');
      return work();
    }
  }

  /** @param path of the model in the request. @throws ProblemError `invalid_request` when there is no such model */
  async check(model: string, path: string): Promise<void> {
    if (model === this.#defaultModel) return;
    await this.refresh();
    if (this.#listed.has(model)) return;
    throw new ProblemError('invalid_request', `There is no model "${model}". GET /api/models lists them.`, {
      errors: [{ path, message: 'is not a model of this server' }],
    });
  }

  async refresh(): Promise<void> {
    const list = (await this.#models?.models(AbortSignal.timeout(PATIENCE))) ?? [];
    this.#listed = new Map(list.map((model) => [model.id, model]));
  }
}
