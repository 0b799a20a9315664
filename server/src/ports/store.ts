import type { ChatStore } from './chat-store.ts';
import type { AdminStore } from './admin-store.ts';
import type { AttachmentStore } from './attachment-store.ts';
import type { GenerationStore } from './generation-store.ts';
import type { ImportStore } from './import-store.ts';
import type { KeyStore } from './key-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { MediaStore } from './media-store.ts';
import type { MessageSearch } from './message-search.ts';
import type { NodeStore } from './node-store.ts';
import type { ShareStore } from './share-store.ts';
import type { RatingStore } from './rating-store.ts';
import type { TicketStore } from './ticket-store.ts';
import type { UserStore } from './user-store.ts';

/** Everything but the events. */
export type Store = UserStore &
  ChatStore &
  MessageSearch &
  GenerationStore &
  LedgerStore &
  AdminStore &
  NodeStore &
  KeyStore &
  AttachmentStore &
  MediaStore &
  ImportStore &
  ShareStore &
  RatingStore &
  TicketStore;
