/** Schemas of everything the server answers: types are inferred from them, and OpenAPI is made of them. */
export { accountSchema } from './account.ts';
export { apiKeySchema, newApiKeySchema } from './api-key.ts';
export { attachmentSchema } from './attachment.ts';
export { auditEntrySchema } from './audit.ts';
export { chatDocumentSchema, importedChatSchema } from './chat-file.ts';
export { chatSchema } from './chat.ts';
export { requestEchoSchema } from './diagnostics.ts';
export { channelEventSchema, diagnosticEventSchema, replyEventSchema } from './events.ts';
export { generationSchema } from './generation.ts';
export { ledgerCheckSchema } from './ledger.ts';
export { messageSchema } from './message.ts';
export { modelRatingsSchema, modelsSchema } from './model.ts';
export { pageSchema } from './page.ts';
export { problemSchema } from './problem.ts';
export { searchHitSchema } from './search.ts';
export { newShareSchema, sharedChatSchema, shareSchema } from './share.ts';
export { usageReportSchema } from './usage-report.ts';
export { meSchema, sessionOptionsSchema } from './user.ts';
