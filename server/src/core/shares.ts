import { formatMediaUrl, formatSharedMediaUrl, formatShareUrl } from '@millrace/protocol';
import type { NewShare, Share, SharedChat, SharedMessage } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { StoredMedia } from '../store/transactions/media.ts';
import type { Store } from '../store/store.ts';
import type { ShareRequest } from '../store/transactions/shares.ts';
import { ProblemError } from './errors.ts';
import { hashOf, toHex } from './secret-hash.ts';

/** Random bytes of a token: 128 bits. */
const TOKEN_BYTES = 16;
/** A user has no use for more. */
const MAX_SHARES = 500;

/** Links by which others read a chat. Their tokens are kept as hashes. */
export class Shares {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * @returns with the address, which is told this once
   * @throws ProblemError `not_found`, `forbidden`, `invalid_request`
   */
  async create(userId: string, wish: Omit<ShareRequest, 'hash'>): Promise<NewShare> {
    if (wish.expiresAt !== null && wish.expiresAt <= this.#clock.now()) {
      throw new ProblemError('invalid_request', 'expiresAt must be in the future.', {
        errors: [{ path: 'expiresAt', message: 'must be in the future' }],
      });
    }
    const token = toHex(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
    const share = await this.#store.createShare(userId, { ...wish, hash: await hashOf(token) }, MAX_SHARES);
    return { ...share, url: formatShareUrl(token) };
  }

  list(userId: string, chatId?: string): Promise<Share[]> {
    return this.#store.listShares(userId, chatId);
  }

  revoke(userId: string, chatId: string, shareId: string): Promise<void> {
    return this.#store.revokeShare(userId, chatId, shareId);
  }

  /** What the link leads to, with images at addresses that it suffices for. @throws ProblemError `not_found` */
  async read(token: string): Promise<SharedChat> {
    const { messages, ...shared } = await this.#store.findShare(await hashOf(token));
    return { ...shared, messages: messages.map((message) => throughLink(message, token)) };
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

function throughLink(message: SharedMessage, token: string): SharedMessage {
  const parts = message.parts.map((part) => {
    if (part.type !== 'media' && part.type !== 'file') return part;
    return { ...part, url: formatSharedMediaUrl(token, part.url.replace(formatMediaUrl(''), '')) };
  });
  return { ...message, parts };
}
