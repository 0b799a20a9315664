import { formatMediaUrl } from '@millrace/protocol';
import type { Media } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Store } from '../store/store.ts';
import type { NewMedia } from '../store/transactions/media.ts';
import type { ModelImage } from '../ports/prompt-parts.ts';
import { StorageError } from './errors.ts';

/** How long a failed write is retried; the same as for the event log. */
const RETRY_WINDOW_MS = 2000;
const RETRY_INTERVAL_MS = 50;

export interface ImageStorageDependencies {
  store: Store;
  ids: Ids;
  clock: Clock;
}

/** Stores the images of one reply. */
export class ImageStorage {
  readonly #dependencies: ImageStorageDependencies;
  readonly #chatId: string;
  readonly #generationId: string;
  readonly #signal: AbortSignal;

  /** @param signal ends the retries */
  constructor(
    dependencies: ImageStorageDependencies,
    { chatId, generationId }: Pick<NewMedia, 'chatId' | 'generationId'>,
    signal: AbortSignal,
  ) {
    this.#dependencies = dependencies;
    this.#chatId = chatId;
    this.#generationId = generationId;
    this.#signal = signal;
  }

  /** @returns the image's event data, and a promise that resolves when the image is durable */
  save({ bytes, ...image }: ModelImage): { media: Media; stored: Promise<void> } {
    const id = this.#dependencies.ids.mediaId();
    const { mimeType } = image;
    const stored = this.#add({
      id,
      chatId: this.#chatId,
      generationId: this.#generationId,
      mimeType,
      bytes,
    });
    return { media: { ...image, url: formatMediaUrl(id) }, stored };
  }

  async #add(media: NewMedia): Promise<void> {
    const { store, clock } = this.#dependencies;
    const deadline = clock.monotonic() + RETRY_WINDOW_MS;
    for (;;) {
      try {
        return await store.addMedia(media);
      } catch (error) {
        const mayRetry = error instanceof StorageError && clock.monotonic() < deadline;
        if (!mayRetry || !(await this.#waitForRetry())) throw error;
      }
    }
  }

  /** @returns false when the signal aborts meanwhile */
  async #waitForRetry(): Promise<boolean> {
    try {
      await this.#dependencies.clock.sleep(RETRY_INTERVAL_MS, this.#signal);
      return true;
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      return false;
    }
  }
}
