export { ConfigError, readConfig } from './config.ts';
export type { Config } from './config.ts';
export { createMillrace } from './millrace.ts';
export type { DemoModel, Millrace, MillraceOptions } from './millrace.ts';
export { checkLedger, createApiKey, listApiKeys, revokeApiKey } from './operator.ts';
export type { Logger } from './ports/logger.ts';
