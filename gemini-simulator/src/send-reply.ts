import { jsonType } from './answer.ts';
import type { ReplyBehaviour, StreamFault } from './behaviour.ts';
import { seededRandom } from './content/chunk-text.ts';
import { GoogleApiError } from './google/errors.ts';
import { googleJson, prettyGoogleJson } from './google/json.ts';
import { readGenerateRequest } from './google/request.ts';
import { planReply } from './plan-reply.ts';
import type { Call } from './state.ts';

/** Line ends of an event's line, and of the empty one after it. */
const lineEnds = { crlf: ['\r\n', '\r\n'], lf: ['\n', '\n'], mixed: ['\n', '\r\n'] };

/** How the events of a reply are written: each of them, and what comes after the last. */
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

/** What streamGenerateContent answers without `alt=sse`. */
function jsonArray(): Encoding {
  let events = 0;
  const event = (payload: object) => (events++ === 0 ? '[' : ',\r\n') + prettyGoogleJson(payload);
  return { contentType: jsonType, event, end: () => (events === 0 ? '[]' : ']') };
}

/** What generateContent answers: one event. */
const wholeJson: Encoding = { contentType: jsonType, event: prettyGoogleJson, end: () => '' };

/** Makes a reply and sends it, with what goes wrong in it. @param said chunks that the requests it continues have said. */
export async function sendReply(behaviour: ReplyBehaviour, call: Call, said: number): Promise<void> {
  const { state, answer, entry, model, isSse, isWhole } = call;
  const { fault, writeBytes, endless } = behaviour;
  const { firstDelayMs = state.pace.firstDelayMs, chunkDelayMs = state.pace.chunkDelayMs } = behaviour;
  const request = readGenerateRequest(entry.body, model);
  // Before the headers an error is an answer like any other.
  if (isWhole && fault?.kind === 'error') throw new GoogleApiError(fault.error ?? '503');
  entry.modelVersion = behaviour.modelVersion ?? model;
  const encoding = isWhole ? wholeJson : isSse ? serverSentEvents(behaviour) : jsonArray();
  const delays = seededRandom(0, 'delay');
  await answer.wait(firstDelayMs);
  answer.head(200, encoding.contentType);
  let awaited = fault;
  if (fault?.kind === 'reset' && fault.afterBytes !== undefined) {
    awaited = undefined;
    answer.bytesLeft = fault.afterBytes;
    if (fault.afterBytes === 0) await answer.reset();
  }
  let sent = 0;
  for (const chunk of planReply(behaviour, { call, request, said })) {
    if (awaited && sent === (awaited.afterChunks ?? (chunk.last && sent === 0 ? 0 : 1))) {
      await fail(awaited, call, encoding, chunk.payload);
      if (awaited.kind !== 'stall') return;
      awaited = undefined;
    }
    if (sent > 0) await answer.wait(chunkDelayMs * (0.6 + 0.8 * delays()));
    const event = encoding.event(chunk.payload);
    const filling = sent > 0 || endless === 'stream' ? 0 : endless === true ? Infinity : (endless ?? 0);
    const inText = filling > 0 ? event.indexOf('"text": "') + '"text": "'.length : 0;
    await answer.sendChunk(chunk.bill, chunk.text, async () => {
      await answer.write(event.slice(0, inText));
      for (let left = filling; left > 0 && entry.closedByClientAt === undefined; left -= 65_536) {
        await answer.write('x'.repeat(Math.min(left, 65_536)));
      }
      await answer.write(event.slice(inText), writeBytes);
    });
    sent += 1;
  }
  if (awaited) await fail(awaited, call, encoding);
  if (awaited === undefined || awaited.kind === 'stall') await answer.write(encoding.end());
}

/** @param next the chunk that would come. */
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
