import { createAttachments } from '@millrace/client/attachments';
import type { UploadOptions } from '@millrace/client/attachments';
import type { Attachment } from '@millrace/protocol';
import { basePath } from './base-path.ts';

export const attachments = createAttachments({ baseUrl: basePath });

/** @param onProgress gets the fraction sent so far, from 0 to 1 */
export function uploadFile(
  file: Blob,
  options: UploadOptions,
  onProgress: (share: number) => void,
): Promise<Attachment> {
  return createAttachments({ baseUrl: basePath, fetch: fetchWithProgress(onProgress) }).upload(file, options);
}

/** A `fetch` built on XMLHttpRequest, the only browser API that reports upload progress. */
function fetchWithProgress(onProgress: (share: number) => void): typeof fetch {
  return (input, { method = 'GET', headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, input instanceof Request ? input.url : String(input));
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded / total));
      request.addEventListener('load', () => resolve(responseOf(request)));
      request.addEventListener('error', () => reject(new TypeError('The request failed')));
      request.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
      signal?.addEventListener('abort', () => request.abort(), { once: true });
      request.send(body instanceof Blob ? body : null);
    });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return new Response(request.responseText, { status: request.status, headers });
}
