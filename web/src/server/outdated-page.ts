import { ProtocolError } from '@millrace/client';
import { PROTOCOL_VERSION } from '@millrace/protocol';

const RELOADED_VERSION_KEY = 'millrace.reloaded-protocol-version';

/** Whether the server speaks a newer protocol than the script of this page. */
export function isPageOutdated(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === 'unsupported_version';
}

/**
 * Reloads a page that is older than its server, at most once for each protocol version: a reload that brings the same
 * script again, as from a cache, must not lead to another.
 */
export function reloadOutdatedPage(error: unknown): void {
  const version = String(PROTOCOL_VERSION);
  if (!isPageOutdated(error) || sessionStorage.getItem(RELOADED_VERSION_KEY) === version) return;
  sessionStorage.setItem(RELOADED_VERSION_KEY, version);
  window.location.reload();
}
