import { attachmentStoreContract } from '../../ports/attachment-store.contract.ts';
import { chatSettingsContract } from '../../ports/chat-settings.contract.ts';
import { chatTitlesContract } from '../../ports/chat-titles.contract.ts';
import { contextContract } from '../../ports/context.contract.ts';
import { deletedChatsContract } from '../../ports/deleted-chats.contract.ts';
import { hiddenChatsContract } from '../../ports/hidden-chats.contract.ts';
import { importStoreContract } from '../../ports/import-store.contract.ts';
import { keyStoreContract } from '../../ports/key-store.contract.ts';
import { mediaStoreContract } from '../../ports/media-store.contract.ts';
import type { MediaHarness } from '../../ports/media-store.contract.ts';
import { messageSearchContract } from '../../ports/message-search.contract.ts';
import { namedChatsContract } from '../../ports/named-chats.contract.ts';
import { openedChatsContract } from '../../ports/opened-chats.contract.ts';
import { shareStoreContract } from '../../ports/share-store.contract.ts';
import { ratingStoreContract } from '../../ports/rating-store.contract.ts';
import { storeContract } from '../../ports/store.contract.ts';
import { ticketStoreContract } from '../../ports/ticket-store.contract.ts';

/** Everything a store must do, whatever keeps it. */
export function storeContracts(name: string, start: () => Promise<MediaHarness>): void {
  storeContract(name, start);
  contextContract(name, start);
  chatSettingsContract(name, start);
  mediaStoreContract(name, start);
  attachmentStoreContract(name, start);
  keyStoreContract(name, start);
  hiddenChatsContract(name, start);
  namedChatsContract(name, start);
  openedChatsContract(name, start);
  importStoreContract(name, start);
  shareStoreContract(name, start);
  ticketStoreContract(name, start);
  deletedChatsContract(name, start);
  ratingStoreContract(name, start);
  messageSearchContract(name, start);
  chatTitlesContract(name, start);
}
