import faults from '../../data/faults.json' with { type: 'json' };
import demoThoughts from '../../data/prose/thoughts.json' with { type: 'json' };
import type { Call } from '../api.ts';
import type { ReplyBehaviour } from '../behaviour/behaviour.ts';
import { chunkText } from '../content/chunk-text.ts';
import { writeProse } from '../content/prose.ts';
import { isBeforeGemini3 } from '../google/models.ts';
import type { GenerateRequest, Part } from '../google/request.ts';
import { countPromptTokens, fitting, quartersOf } from '../google/tokens.ts';
import { type Bill, billOf, usageOf } from '../google/usage.ts';

export interface PlannedChunk {
  payload: object;
  /** The answer's text in this chunk, without thoughts. */
  text: string;
  /** What was made up to and with this chunk. */
  bill: Bill;
  last: boolean;
}

export interface Asked {
  call: Call;
  request: GenerateRequest;
  modelVersion: string;
  responseId: string;
  /** How many chunks of text the requests before this one said, where it continues them. */
  said: number;
  /** For generateContent: all of it in one chunk, and nothing without end. */
  isWhole: boolean;
}

interface Ending {
  finishReason: string | null;
  continuationToken?: string;
}

/** Decides what a reply says, chunk by chunk as they are read, so that a long reply costs no memory. */
export function* planReply(behaviour: ReplyBehaviour, asked: Asked): Generator<PlannedChunk> {
  const { toolSteps = [], usage = 'full', blockReason, safetyRatings } = behaviour;
  const { modelVersion, responseId, isWhole } = asked;
  const ending: Ending = {
    finishReason: behaviour.finishReason === undefined ? 'STOP' : behaviour.finishReason,
  };
  const promptTokens = countPromptTokens(asked.request);
  const cachedTokens = Math.min(behaviour.cachedTokens ?? 0, promptTokens);
  const quarters = { answer: 0, thoughts: 0 };
  let parts: Part[] = [];
  let index = 0;
  let bill = billOf({});
  let earlier = bill;
  for (const [part, last] of withLast(partsOf(behaviour, asked, ending))) {
    if (index > 0 && index <= toolSteps.length) earlier = bill;
    quarters[part.thought ? 'thoughts' : 'answer'] += quartersOf(part);
    bill = billOf({
      // Each step is asked again with what the steps before it thought.
      promptTokens: promptTokens + earlier.thoughtTokens,
      cachedTokens,
      outputTokens: Math.ceil(quarters.answer / 4),
      thoughtTokens: Math.ceil(quarters.thoughts / 4),
      toolUseTokens: toolSteps.slice(0, index).reduce((sum, tokens) => sum + tokens, 0),
    });
    index += 1;
    parts = isWhole ? joined(parts, part) : [part];
    if (isWhole && !last) continue;
    const outputTokens = bill.outputTokens - earlier.outputTokens;
    const thoughtTokens = bill.thoughtTokens - earlier.thoughtTokens;
    const counters = usageOf(
      last ? bill : billOf({ promptTokens, cachedTokens, outputTokens, thoughtTokens }),
    );
    if (last && usage === 'without-candidates') counters.candidatesTokenCount = undefined;
    const said =
      blockReason === undefined
        ? { candidates: [candidateOf(behaviour, parts, ending, last)] }
        : { promptFeedback: { blockReason, safetyRatings } };
    const usageMetadata = usage === 'missing' ? undefined : counters;
    const text = parts.map((spoken) => (spoken.thought ? '' : (spoken.text ?? ''))).join('');
    yield { payload: { ...said, usageMetadata, modelVersion, responseId }, text, bill, last };
  }
}

function joined(parts: Part[], part: Part): Part[] {
  const previous = parts.at(-1);
  if (previous?.text === undefined || part.text === undefined || previous.thought !== part.thought) {
    return [...parts, part];
  }
  return [...parts.slice(0, -1), { ...previous, ...part, text: previous.text + part.text }];
}

function candidateOf(behaviour: ReplyBehaviour, parts: Part[], ending: Ending, last: boolean): object {
  const { lastContent, safetyRatings, finishMessage, stopOnEveryChunk } = behaviour;
  const said = parts.filter((part) => part.text !== '' || part.thoughtSignature !== undefined);
  const finishes = ending.finishReason !== null && (last || stopOnEveryChunk === true);
  const silence = { empty: {}, 'no-parts': { role: 'model' } };
  const candidate = {
    content:
      last && lastContent && said.length === 0
        ? silence[lastContent]
        : { parts: said.length > 0 ? said : parts, role: 'model' },
    finishReason: finishes ? ending.finishReason : undefined,
    index: 0,
    finishMessage: finishes ? finishMessage : undefined,
  };
  if (!last) return candidate;
  return { ...candidate, safetyRatings, ...behaviour.candidate, continuationToken: ending.continuationToken };
}

/** The parts of a reply, one a chunk; the last is empty where the ending has a chunk of its own. */
function* partsOf(behaviour: ReplyBehaviour, asked: Asked, ending: Ending): Generator<Part> {
  const { thoughtSignature, lastContent } = behaviour;
  let said = false;
  for (const part of sayings(behaviour, asked, ending)) {
    said = true;
    yield part;
  }
  const endsWithText = ending.finishReason === null || isBeforeGemini3(asked.modelVersion);
  if (said && endsWithText && lastContent === undefined && thoughtSignature === undefined) return;
  yield { text: '', ...(thoughtSignature !== undefined && { thoughtSignature }) };
}

/** Thoughts, text and the rest, as far as the request's limits let it come. */
function* sayings(behaviour: ReplyBehaviour, asked: Asked, ending: Ending): Generator<Part> {
  if (behaviour.blockReason !== undefined) return;
  const { maxOutputTokens = Infinity, responseModalities = [] } = asked.request.generationConfig ?? {};
  const cut = behaviour.finishReason === undefined ? { finishReason: 'MAX_TOKENS' } : {};
  let quartersLeft = behaviour.ignoresMaxOutput ? Infinity : maxOutputTokens * 4;
  let said = 0;
  for (const text of asked.said > 0 ? [] : thoughtsOf(behaviour, asked)) {
    quartersLeft -= quartersOf({ text });
    if (quartersLeft < 0) return void Object.assign(ending, cut);
    yield { text, thought: true };
  }
  quartersLeft = Math.floor(quartersLeft / 4) * 4;
  for (const text of textsOf(behaviour, asked)) {
    if (said === asked.said + (behaviour.continueAfter ?? Infinity)) {
      const continuationToken = Buffer.from(asked.responseId).toString('base64');
      asked.call.api.continuations.set(continuationToken, { behaviour, said });
      return void Object.assign(ending, { finishReason: 'CONTINUATION', continuationToken });
    }
    said += 1;
    if (said <= asked.said) continue;
    const fits = fitting(text, quartersLeft);
    quartersLeft -= quartersOf({ text: fits });
    if (fits !== '' || text === '') yield { text: fits };
    if (fits !== text) return void Object.assign(ending, cut);
  }
  const signature = isBeforeGemini3(asked.modelVersion) ? {} : { thoughtSignature: 'c2lnbmF0dXJl' };
  if (behaviour.functionCall) yield { functionCall: behaviour.functionCall, ...signature };
  yield* behaviour.parts ?? (responseModalities.includes('IMAGE') ? faults.image.parts : []);
}

function* textsOf(behaviour: ReplyBehaviour, { request, call, isWhole }: Asked): Generator<string> {
  const { mode, seed, pace } = { ...call.api, ...behaviour };
  const parts = request.contents.findLast((content) => content.role !== 'model')?.parts ?? [];
  const question = parts.map((part) => part.text ?? '').join('');
  const attachments = parts.flatMap((part) => (part.inlineData ?? part.fileData)?.mimeType ?? []);
  let text = behaviour.text ?? (behaviour.functionCall || behaviour.parts ? '' : undefined);
  text ??= mode === 'echo' ? question : writeProse(question, seed, attachments);
  for (const stop of request.generationConfig?.stopSequences ?? []) {
    if (stop !== '') [text = ''] = text.split(stop, 1);
  }
  const chunkChars = behaviour.chunkChars ?? pace.chunkChars;
  const chunks = behaviour.chunks ?? [...chunkText(text, chunkChars, seed)];
  yield* chunks;
  if (isWhole || behaviour.endless !== 'stream' || chunks.length === 0) return;
  while (call.entry.closedByClientAt === undefined) yield* chunks;
}

/** The demo model thinks aloud where it is asked to, so that the page has something to show. */
function thoughtsOf(behaviour: ReplyBehaviour, { request, call }: Asked): readonly string[] {
  const { text, chunks, functionCall, parts, mode = call.api.mode } = behaviour;
  const asks = request.generationConfig?.thinkingConfig?.includeThoughts === true;
  const improvises = mode === 'prose' && !(text ?? chunks ?? functionCall ?? parts);
  return behaviour.thoughts ?? (asks && improvises ? demoThoughts : []);
}

function* withLast<Item>(items: Iterable<Item>): Generator<[item: Item, last: boolean]> {
  let held: Item[] = [];
  for (const item of items) {
    for (const earlier of held) yield [earlier, false];
    held = [item];
  }
  for (const item of held) yield [item, true];
}
