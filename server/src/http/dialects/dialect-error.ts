import type { Problem } from '@millrace/protocol';

/** What the clients of a dialect read of an error in place of a problem; null where they get the problem. */
export function dialectError(method: string, path: string): ((problem: Problem) => object) | null {
  if (path === '/chat/conversation') return toJsonError;
  if (method === 'POST' && (path === '/chat/stream' || path === '/api/chat/stream')) return toJsonError;
  const isMessageApi =
    path === '/api/chat' || path.startsWith('/api/chat/') || path === '/api/user/token-usage';
  return isMessageApi ? toStatusError : null;
}

/** Dialects B and E. */
function toJsonError({ detail, code, errors, resetsAt, requestId }: Problem): object {
  return { error: detail, code, errors, resetsAt, requestId };
}

/** Dialect C. */
function toStatusError({ detail, code, errors, resetsAt, requestId }: Problem): object {
  return { status: 'error', message: detail, code, errors, resets_at: resetsAt, request_id: requestId };
}
