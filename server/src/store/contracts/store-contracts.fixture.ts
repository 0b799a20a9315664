import { attachmentStoreContract } from './attachments.contract.ts';
import { chatSettingsContract } from './chat-settings.contract.ts';
import { chatTitlesContract } from './chat-titles.contract.ts';
import { contextContract } from './prompt-context.contract.ts';
import { deletedChatsContract } from './deleted-chats.contract.ts';
import { hiddenChatsContract } from './hidden-chats.contract.ts';
import { importStoreContract } from './import-chat.contract.ts';
import { keyStoreContract } from './api-keys.contract.ts';
import { mediaStoreContract } from './media.contract.ts';
import type { MediaHarness } from './media.contract.ts';
import { messageSearchContract } from './search-messages.contract.ts';
import { namedChatsContract } from './named-chats.contract.ts';
import { openedChatsContract } from './opened-chats.contract.ts';
import { shareStoreContract } from './shares.contract.ts';
import { ratingStoreContract } from './ratings.contract.ts';
import { usersContract } from './users.contract.ts';
import { chatsContract } from './chats.contract.ts';
import { generationsContract } from './generations.contract.ts';
import { chargesAndLimitsContract } from './charges-and-limits.contract.ts';
import { administrationContract } from './administration.contract.ts';
import { nodesContract } from './nodes.contract.ts';
import { ticketStoreContract } from './tickets.contract.ts';

/** Runs all contract suites on one kind of store. */
export function storeContracts(name: string, start: () => Promise<MediaHarness>): void {
  usersContract(name, start);
  chatsContract(name, start);
  generationsContract(name, start);
  chargesAndLimitsContract(name, start);
  administrationContract(name, start);
  nodesContract(name, start);
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
