import { formatMediaUrl } from '@millrace/protocol';
import type { Media } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { MediaStore, NewMedia } from '../ports/media-store.ts';
import type { ModelImage } from '../ports/model-provider.ts';
import { StorageError } from './errors.ts';

/** Storage that refuses an image is given so much time, and asked again at such intervals (ms), as by the event log. */
const PATIENCE = 2000;
const RETRY_INTERVAL = 50;

export interface KeeperDependencies {
  store: MediaStore;
  ids: Ids;
  clock: Clock;
}

/** Keeps the images of one reply. */
export class ImageKeeper {
  readonly #dependencies: KeeperDependencies;
  readonly #chatId: string;
  readonly #generationId: string;
  readonly #signal: AbortSignal;

  /** @param signal aborts when the reply shall end: then nothing is waited for */
  constructor(
    dependencies: KeeperDependencies,
    { chatId, generationId }: Pick<NewMedia, 'chatId' | 'generationId'>,
    signal: AbortSignal,
  ) {
    this.#dependencies = dependencies;
    this.#chatId = chatId;
    this.#generationId = generationId;
    this.#signal = signal;
  }

  /** @returns what is to be said of it, and when: once it is durable */
  keep({ bytes, ...image }: ModelImage): { media: Media; kept: Promise<void> } {
    const id = this.#dependencies.ids.mediaId();
    const { mimeType } = image;
    const kept = this.#add({
      id,
      chatId: this.#chatId,
      generationId: this.#generationId,
      mimeType,
      bytes,
    });
    return { media: { ...image, url: formatMediaUrl(id) }, kept };
  }

  async #add(media: NewMedia): Promise<void> {
    const { store, clock } = this.#dependencies;
    const deadline = clock.monotonic() + PATIENCE;
    for (;;) {
      try {
        return await store.addMedia(media);
      } catch (error) {
        const isWorthAnotherTry = error instanceof StorageError && clock.monotonic() < deadline;
        if (!isWorthAnotherTry || !(await this.#waits())) throw error;
      }
    }
  }

  /** @returns false when the reply shall end meanwhile */
  async #waits(): Promise<boolean> {
    try {
      await this.#dependencies.clock.sleep(RETRY_INTERVAL, this.#signal);
      return true;
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      return false;
    }
  }
}
