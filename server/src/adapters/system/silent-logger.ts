import type { Logger } from '../../ports/logger.ts';

const ignore = () => {};

/** Writes nothing: for work whose caller learns of every failure by an error. */
export const SILENT_LOGGER: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
