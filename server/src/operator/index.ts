/** What an operator does to a server's storage, also while the server runs. Each function throws ConfigError when there is no storage. */
export type { StorageLocation } from '../composition/storage.ts';
export { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
export { checkLedger, describeDiscrepancies } from './ledger.ts';
export { migrateStorage, pendingMigrationsOf } from './migrate-storage.ts';
export { visitChats } from './read-chats.ts';
export type { ChatSelection } from './read-chats.ts';
export {
  createUser,
  deleteUser,
  grantToUser,
  listUsers,
  setUserLimits,
  setUserRole,
  showUser,
} from './users.ts';
