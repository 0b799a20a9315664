import { formatMediaUrl, formatSharedMediaUrl, formatShareUrl } from '@millrace/protocol';
import type { NewShare, Share, SharedChat, SharedMessage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { StoredMedia } from '../store/transactions/media.ts';
import type { Store } from '../store/store.ts';
import type { ShareRequest } from '../store/transactions/shares.ts';
import { hashOf, toHex } from './secret-hash.ts';
import { wrongField } from './wrong-field.ts';

/** 128 bits. */
const TOKEN_BYTES = 16;
const MAX_SHARES_PER_USER = 500;

/** Links with which anyone can read a snapshot of a chat. Only the hashes of their tokens are stored. */
export class Shares {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * @returns the link's address too, which can't be read again
   * @throws ProblemError `not_found`, `forbidden`, `invalid_request`
   */
  async create(userId: string, request: Omit<ShareRequest, 'hash'>): Promise<NewShare> {
    if (request.expiresAt !== null && request.expiresAt <= this.#clock.now()) {
      throw wrongField('expiresAt', 'must be in the future');
    }
    const token = toHex(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
    const share = await this.#store.createShare(
      userId,
      { ...request, hash: await hashOf(token) },
      MAX_SHARES_PER_USER,
    );
    return { ...share, url: formatShareUrl(token) };
  }

  list(userId: string, chatId?: string): Promise<Share[]> {
    return this.#store.listShares(userId, chatId);
  }

  revoke(userId: string, chatId: string, shareId: string): Promise<void> {
    return this.#store.revokeShare(userId, chatId, shareId);
  }

  /** The shared chat, with image addresses that the link gives access to. @throws ProblemError `not_found` */
  async read(token: string): Promise<SharedChat> {
    const { messages, ...shared } = await this.#store.findShare(await hashOf(token));
    return { ...shared, messages: messages.map((message) => withSharedMediaUrls(message, token)) };
  }

  /** @throws ProblemError `not_found` */
  async findMedia(token: string, mediaId: string): Promise<StoredMedia> {
    return this.#store.findSharedMedia(await hashOf(token), mediaId);
  }

  /** @throws ProblemError `not_found` */
  async readMedia(token: string, mediaId: string): Promise<Uint8Array> {
    return this.#store.readSharedMedia(await hashOf(token), mediaId);
  }
}

function withSharedMediaUrls(message: SharedMessage, token: string): SharedMessage {
  const parts = message.parts.map((part) => {
    if (part.type !== 'media' && part.type !== 'file') return part;
    return { ...part, url: formatSharedMediaUrl(token, part.url.replace(formatMediaUrl(''), '')) };
  });
  return { ...message, parts };
}
