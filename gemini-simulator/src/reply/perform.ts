import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { LogEntry } from '../api.ts';
import { prettyGoogleJson } from '../google/json.ts';
import type { Bill } from '../google/usage.ts';

/** What an answer is made of, one after the other. */
export type Act =
  | { act: 'head'; status: number; contentType: string }
  /** Pieces of so many bytes, each a write of its own. */
  | { act: 'write'; body: string | Uint8Array; pieceBytes?: number | undefined }
  /** So many bytes of an `x`, from one buffer. */
  | { act: 'fill'; bytes: number }
  /** Puts down what was made up to now, and what was said if the client is there to hear it. */
  | { act: 'account'; bill: Bill; text: string }
  | { act: 'wait'; ms: number }
  /** A broken connection, when so many more bytes have been sent. */
  | { act: 'reset'; afterBytes: number };

/** Time for the client to have read what was sent: a reset may take unread bytes with it. */
const resetGraceMs = 10;

/** Beyond this setTimeout fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A whole answer in Google's JSON. */
export function* answerJson(body: object): Generator<Act> {
  yield { act: 'head', status: 200, contentType: 'application/json; charset=UTF-8' };
  yield { act: 'write', body: prettyGoogleJson(body) };
}

/** Answers, until the client goes. @param billsOn whether accounts are kept even then. */
export async function perform(
  acts: Iterable<Act>,
  response: ServerResponse,
  entry: LogEntry,
  billsOn: boolean,
): Promise<void> {
  const gone = new AbortController();
  const { signal } = gone;
  let bytesLeft = Infinity;
  response.on('close', () => {
    if (entry.finishedAt === undefined && !response.writableFinished) entry.closedByClientAt = Date.now();
    gone.abort();
  });
  response.on('finish', () => (entry.finishedAt ??= Date.now()));
  // A write that races with the client's close fails; 'close' follows and keeps the account.
  response.on('error', () => gone.abort());

  const unlessGone = async (waiting: Promise<unknown>): Promise<void> => {
    await waiting.catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  };
  const pause = (ms: number) => unlessGone(setTimeout(Math.min(ms, longestTimerMs), undefined, { signal }));

  const reset = async (): Promise<void> => {
    if (response.headersSent) await pause(resetGraceMs);
    if (signal.aborted) return;
    entry.finishedAt = Date.now();
    response.socket?.resetAndDestroy();
    // The response hears of its socket's end only later; nothing may be written until then.
    gone.abort();
  };

  const write = async (body: string | Uint8Array, pieceBytes = Infinity): Promise<void> => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    for (let start = 0; start < bytes.length && !signal.aborted; start += pieceBytes) {
      const piece = bytes.subarray(start, Math.min(start + pieceBytes, start + bytesLeft));
      entry.bytesSent += piece.length;
      if (!response.write(piece)) await unlessGone(once(response, 'drain', { signal }));
      await setImmediate();
      bytesLeft -= piece.length;
      if (bytesLeft <= 0) await reset();
    }
  };

  const fill = async (bytes: number): Promise<void> => {
    const piece = Buffer.alloc(65_536, 'x');
    for (let left = bytes; left > 0 && !signal.aborted; left -= piece.length) {
      await write(piece.subarray(0, left));
    }
  };

  for (const step of acts) {
    if (step.act === 'account') account(entry, step, signal.aborted);
    if (signal.aborted && (!billsOn || entry.finishedAt !== undefined)) return;
    if (signal.aborted) continue;
    if (step.act === 'wait' && step.ms > 0) await pause(step.ms);
    if (step.act === 'write') await write(step.body, step.pieceBytes);
    if (step.act === 'fill') await fill(step.bytes);
    if (step.act === 'reset') bytesLeft = step.afterBytes;
    if (bytesLeft <= 0) await reset();
    if (step.act === 'head') writeHead(response, entry, step.contentType, step.status);
  }
  if (!signal.aborted) response.end();
}

function account(entry: LogEntry, { bill, text }: { bill: Bill; text: string }, isUnheard: boolean): void {
  entry.billed = bill;
  entry.tokensMade = bill.outputTokens + bill.thoughtTokens;
  if (isUnheard) return;
  entry.chunksSent += 1;
  entry.text += text;
}

function writeHead(response: ServerResponse, entry: LogEntry, contentType: string, status: number): void {
  entry.status = status;
  if (contentType === 'text/event-stream') response.setHeader('content-disposition', 'attachment');
  response.writeHead(status, {
    'content-type': contentType,
    vary: 'Origin, X-Origin, Referer',
    server: 'scaffolding on HTTPServer2',
    'x-xss-protection': '0',
    'x-frame-options': 'SAMEORIGIN',
    'x-content-type-options': 'nosniff',
    'server-timing': `gfet4t7; dur=${Date.now() - entry.startedAt}`,
  });
  response.flushHeaders();
}
