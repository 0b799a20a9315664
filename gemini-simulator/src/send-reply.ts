import { jsonType } from './answer.ts';
import type { ReplyBehaviour, StreamFault } from './behaviour.ts';
import { seededRandom } from './content/chunk-text.ts';
import { GoogleApiError } from './google/errors.ts';
import { googleJson, prettyGoogleJson } from './google/json.ts';
import { readGenerateRequest } from './google/request.ts';
import { planReply } from './plan-reply.ts';
import type { Call } from './state.ts';

/** The line end of an event's line, and of the empty line after it. */
const lineEnds = { crlf: ['\r\n', '\r\n'], lf: ['\n', '\n'], mixed: ['\n', '\r\n'] };

/** Encodes each event of a reply, and what follows the last event. */
type Encoding = ReturnType<typeof serverSentEvents>;

function serverSentEvents({ extraLines = [], lineEnds: ends = 'crlf' }: ReplyBehaviour) {
  const [lineEnd = '', emptyLine = ''] = lineEnds[ends];
  const comment = extraLines.includes('comment') ? `: keep-alive${lineEnd}${emptyLine}` : '';
  const name = extraLines.includes('event') ? `event: message${lineEnd}` : '';
  return {
    contentType: 'text/event-stream',
    event: (payload: object) => `${comment}${name}data: ${googleJson(payload)}${lineEnd}${emptyLine}`,
    end: () => (extraLines.includes('done') ? `data: [DONE]${lineEnd}${emptyLine}` : ''),
  };
}

/** The encoding of streamGenerateContent without `alt=sse`. */
function jsonArray(): Encoding {
  let events = 0;
  const event = (payload: object) => (events++ === 0 ? '[' : ',\r\n') + prettyGoogleJson(payload);
  return { contentType: jsonType, event, end: () => (events === 0 ? '[]' : ']') };
}

/** The encoding of generateContent: one event. */
const wholeJson: Encoding = { contentType: jsonType, event: prettyGoogleJson, end: () => '' };

/** Generates a reply and sends it, with the behaviour's fault. @param skippedChunks chunks that earlier requests have sent */
export async function sendReply(behaviour: ReplyBehaviour, call: Call, skippedChunks: number): Promise<void> {
  const { state, answer, entry, model, isSse, isWhole } = call;
  const { fault, writeBytes, endless } = behaviour;
  const { firstDelayMs = state.pace.firstDelayMs, chunkDelayMs = state.pace.chunkDelayMs } = behaviour;
  const request = readGenerateRequest(entry.body, model);
  // Before the headers, an error is a normal error response.
  if (isWhole && fault?.kind === 'error') throw new GoogleApiError(fault.error ?? '503');
  entry.modelVersion = behaviour.modelVersion ?? model;
  const encoding = isWhole ? wholeJson : isSse ? serverSentEvents(behaviour) : jsonArray();
  const delays = seededRandom(0, 'delay');
  await answer.wait(firstDelayMs);
  answer.head(200, encoding.contentType);
  let pendingFault = fault;
  if (fault?.kind === 'reset' && fault.afterBytes !== undefined) {
    pendingFault = undefined;
    answer.bytesLeft = fault.afterBytes;
    if (fault.afterBytes === 0) await answer.reset();
  }
  let sent = 0;
  for (const chunk of planReply(behaviour, { call, request, skippedChunks })) {
    if (pendingFault && sent === (pendingFault.afterChunks ?? (chunk.last && sent === 0 ? 0 : 1))) {
      await fail(pendingFault, call, encoding, chunk.payload);
      if (pendingFault.kind !== 'stall') return;
      pendingFault = undefined;
    }
    if (sent > 0) await answer.wait(chunkDelayMs * (0.6 + 0.8 * delays()));
    const event = encoding.event(chunk.payload);
    const paddingChars = sent > 0 || endless === 'stream' ? 0 : endless === true ? Infinity : (endless ?? 0);
    const textStart = paddingChars > 0 ? event.indexOf('"text": "') + '"text": "'.length : 0;
    await answer.sendChunk(chunk.bill, chunk.text, async () => {
      await answer.write(event.slice(0, textStart));
      for (let left = paddingChars; left > 0 && entry.closedByClientAt === undefined; left -= 65_536) {
        await answer.write('x'.repeat(Math.min(left, 65_536)));
      }
      await answer.write(event.slice(textStart), writeBytes);
    });
    sent += 1;
  }
  if (pendingFault) await fail(pendingFault, call, encoding);
  if (pendingFault === undefined || pendingFault.kind === 'stall') await answer.write(encoding.end());
}

/** @param next the chunk that would be sent next */
async function fail(fault: StreamFault, { answer }: Call, encoding: Encoding, next?: object): Promise<void> {
  if (fault.kind === 'stall') await answer.wait(fault.ms ?? Infinity);
  if (fault.kind === 'reset') await answer.reset();
  if (fault.kind === 'truncate' && next) {
    const event = encoding.event(next);
    await answer.write(event.slice(0, event.length / 2));
  }
  if (fault.kind !== 'error') return;
  const { error } = new GoogleApiError(fault.error ?? '503');
  const bare = googleJson({ error });
  if (fault.form === 'bare') await answer.write(bare);
  else if (fault.form === 'bare-split') await answer.write(bare, Math.ceil(bare.length / 2));
  else await answer.write(encoding.event({ error }) + encoding.end());
}
