/** The schemas that the server validates requests with. */
export {
  createKeyBody,
  grantBody,
  listAccountsQuery,
  listAuditQuery,
  signInBody,
  signUpBody,
  updateAccountBody,
  updateMeBody,
} from './accounts.ts';
export { boundedArray, MAX_ISSUES } from './bounded-array.ts';
export {
  createChatBody,
  createShareBody,
  exportChatQuery,
  listChatsQuery,
  searchQuery,
  updateChatBody,
} from './chats.ts';
export {
  chatsStreamBody,
  eventSourceQuery,
  messageApiBody,
  nestChatBody,
  nextHookBody,
  titleBody,
} from './compatibility.ts';
export { diagnosticStreamQuery } from './diagnostics.ts';
export { modelName, uuid } from './fields.ts';
export { IMPORT_LIMITS, importChatBody } from './import-chat.ts';
export type { ImportChatBody } from './import-chat.ts';
export {
  listMessagesQuery,
  plainMessageBody,
  ratingBody,
  regenerateBody,
  sendMessageBody,
  ticketBody,
  uploadQuery,
} from './messages.ts';
export { validate } from './validate.ts';
export { withoutInvisible } from './one-line.ts';
