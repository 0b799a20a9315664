import type { Model } from '@millrace/protocol';
import type { ModelProvider } from '../ports/model-provider.ts';
import { ProblemError } from './errors.ts';

const LIST_TIMEOUT_MS = 5000;

/** Thrown within a transaction that needs a model which isn't in the last list: the list can't be fetched there. */
class UncheckedModelError extends Error {
  override readonly name = 'UncheckedModelError';
  readonly model: string;

  constructor(model: string) {
    super(`Model ${model} has not been checked against the list of models`);
    this.model = model;
  }
}

/** The longest part of an unknown name that an error repeats. */
const MAX_SHOWN_CHARS = 100;

/** A request names a model that this server doesn't have. */
export class UnknownModelError extends ProblemError {
  /** Without the address of the list of models, which depends on the API. */
  readonly reason: string;

  /** @param path of the model in the request */
  constructor(model: string, path: string) {
    const shown = model.length <= MAX_SHOWN_CHARS ? model : `${model.slice(0, MAX_SHOWN_CHARS - 1)}…`;
    const reason = `There is no model "${shown}".`;
    super('invalid_request', `${reason} GET /api/models lists the models.`, {
      errors: [{ path, message: 'is not a model of this server' }],
    });
    this.reason = reason;
  }
}

/** The models of the last list, available synchronously so that transactions can decide by it. */
export class ModelCatalogue {
  readonly #provider: Pick<ModelProvider, 'models'> | null;
  readonly #defaultModel: string;
  #models: ReadonlyMap<string, Model> = new Map();

  /**
   * @param provider null when no model is configured
   * @param defaultModel accepted without a check, because the operator chose it
   */
  constructor(provider: Pick<ModelProvider, 'models'> | null, defaultModel: string) {
    this.#provider = provider;
    this.#defaultModel = defaultModel;
  }

  /** The longest reply a model can write; infinite when that is unknown. */
  maxOutputTokensOf(model: string): number {
    return this.#models.get(model)?.outputTokenLimit || Number.POSITIVE_INFINITY;
  }

  /** Whether a model accepts images; true when that is unknown, so that its service decides. */
  acceptsImages(model: string): boolean {
    return this.#models.get(model)?.acceptsImages ?? true;
  }

  /** Makes the surrounding `withCheckedModel` check a model that isn't in the last list. */
  require(model: string): void {
    if (model === this.#defaultModel) return;
    if (!this.#models.has(model)) throw new UncheckedModelError(model);
    // Notices models that were withdrawn. Cheap: the provider caches the list.
    void this.refresh();
  }

  /** Runs a function that may `require` a model. If the model isn't in the last list, checks it and runs the function again. */
  async withCheckedModel<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UncheckedModelError)) throw error;
      await this.check(error.model, 'model');
      return work();
    }
  }

  /** @param path of the model in the request body. @throws UnknownModelError */
  async check(model: string, path: string): Promise<void> {
    if (model === this.#defaultModel) return;
    await this.refresh();
    if (this.#models.has(model)) return;
    throw new UnknownModelError(model, path);
  }

  async refresh(): Promise<void> {
    const models = (await this.#provider?.models(AbortSignal.timeout(LIST_TIMEOUT_MS))) ?? [];
    this.#models = new Map(models.map((model) => [model.id, model]));
  }
}
