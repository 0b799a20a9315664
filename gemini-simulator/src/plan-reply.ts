import faults from '../data/faults.json' with { type: 'json' };
import demoThoughts from '../data/prose/thoughts.json' with { type: 'json' };
import type { ReplyBehaviour } from './behaviour.ts';
import { chunkText, seededBytes } from './content/chunk-text.ts';
import { writeProse } from './content/prose.ts';
import { isBeforeGemini3 } from './google/models.ts';
import type { GenerateRequest, Part } from './google/request.ts';
import { billOf, countPromptTokens, fitting, quartersOf, usageOf } from './google/tokens.ts';
import type { Call } from './state.ts';

export interface Asked {
  call: Call;
  request: GenerateRequest;
  /** How many chunks of text the requests before this one said, where it continues them. */
  said: number;
}

/** What a reply says, one part a chunk, and how it ends. */
interface Saying {
  parts: Part[];
  finishReason: string | null;
  continuationToken?: string;
}

/**
 * Decides what a reply says, and puts it together chunk by chunk as they are read: the JSON, the answer's text in it without
 * thoughts, and what was made up to and with it.
 */
export function* planReply(behaviour: ReplyBehaviour, asked: Asked) {
  const { toolSteps = [], usage = 'full', blockReason, safetyRatings, endless } = behaviour;
  const { state, entry, model, isWhole } = asked.call;
  const { modelVersion = model } = entry;
  const id = seededBytes(state.seed, `response ${++state.replies}`);
  const responseId = id.toString('base64url').slice(0, 23);
  const saying = say(behaviour, asked);
  const spoken = withEnding(saying, behaviour, modelVersion);
  const promptTokens = countPromptTokens(asked.request);
  const cachedTokens = Math.min(behaviour.cachedTokens ?? 0, promptTokens);
  const quarters = { answer: 0, thoughts: 0 };
  let parts: Part[] = [];
  let bill = billOf({});
  let earlier = bill;
  for (let index = 0; index < spoken.length; index += 1) {
    const part = spoken[index] as Part;
    const last = index === spoken.length - 1;
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
    parts = isWhole ? joined(parts, part) : [part];
    if (isWhole && !last) continue;
    const outputTokens = bill.outputTokens - earlier.outputTokens;
    const thoughtTokens = bill.thoughtTokens - earlier.thoughtTokens;
    const step = billOf({ promptTokens, cachedTokens, outputTokens, thoughtTokens });
    const counters = usageOf(last ? bill : step);
    if (last && usage === 'without-candidates') counters.candidatesTokenCount = undefined;
    const usageMetadata = usage === 'missing' ? undefined : counters;
    const candidates = blockReason === undefined ? [candidateOf(behaviour, parts, saying, last)] : undefined;
    const promptFeedback = candidates ? undefined : { blockReason, safetyRatings };
    const text = parts.map((spoken) => (spoken.thought ? '' : (spoken.text ?? ''))).join('');
    const payload = { candidates, promptFeedback, usageMetadata, modelVersion, responseId };
    yield { payload, text, bill, last };
    const saysItAgain = endless === 'stream' && entry.closedByClientAt === undefined;
    if (saysItAgain && index === spoken.length - 2) index = -1;
  }
}

/** A chunk of its own, without text, ends what Gemini 3 and later say. */
function withEnding({ parts, finishReason }: Saying, behaviour: ReplyBehaviour, model: string): Part[] {
  const { thoughtSignature, lastContent, endless } = behaviour;
  const endsWithText = finishReason === null || (isBeforeGemini3(model) && endless === undefined);
  const isWhole = endsWithText && lastContent === undefined && thoughtSignature === undefined;
  if (parts.length > 0 && isWhole) return parts;
  return [...parts, { text: '', ...(thoughtSignature !== undefined && { thoughtSignature }) }];
}

function joined(parts: Part[], part: Part): Part[] {
  const previous = parts.at(-1);
  const isText = previous?.text !== undefined && part.text !== undefined;
  if (!isText || previous.thought !== part.thought) return [...parts, part];
  return [...parts.slice(0, -1), { ...previous, ...part, text: `${previous.text}${part.text}` }];
}

function candidateOf(behaviour: ReplyBehaviour, parts: Part[], ending: Saying, last: boolean): object {
  const { lastContent, safetyRatings, finishMessage, stopOnEveryChunk } = behaviour;
  const said = parts.filter((part) => part.text !== '' || part.thoughtSignature !== undefined);
  const finishes = ending.finishReason !== null && (last || stopOnEveryChunk === true);
  const silence = { empty: {}, 'no-parts': { role: 'model' } };
  const isSilent = last && lastContent && said.length === 0;
  const candidate = {
    content: isSilent ? silence[lastContent] : { parts: said.length > 0 ? said : parts, role: 'model' },
    finishReason: finishes ? ending.finishReason : undefined,
    index: 0,
    finishMessage: finishes ? finishMessage : undefined,
  };
  if (!last) return candidate;
  return { ...candidate, safetyRatings, ...behaviour.candidate, continuationToken: ending.continuationToken };
}

/** Thoughts, text and the rest, as far as the request's limits let it come. */
function say(behaviour: ReplyBehaviour, asked: Asked): Saying {
  const { continuations } = asked.call.state;
  const { modelVersion = asked.call.model } = asked.call.entry;
  const { functionCall, blockReason, finishReason, continueAfter = Infinity } = behaviour;
  const { maxOutputTokens = Infinity, responseModalities = [] } = asked.request.generationConfig ?? {};
  const parts: Part[] = [];
  const reason = (usual: string) => (finishReason === undefined ? usual : finishReason);
  if (blockReason !== undefined) return { parts, finishReason: reason('STOP') };
  let quartersLeft = behaviour.ignoresMaxOutput ? Infinity : maxOutputTokens * 4;
  for (const text of asked.said > 0 ? [] : thoughtsOf(behaviour, asked)) {
    quartersLeft -= quartersOf({ text });
    if (quartersLeft < 0) return { parts, finishReason: reason('MAX_TOKENS') };
    parts.push({ text, thought: true });
  }
  quartersLeft = Math.floor(quartersLeft / 4) * 4;
  for (const [index, text] of textsOf(behaviour, asked).entries()) {
    if (index < asked.said) continue;
    if (index === asked.said + continueAfter) {
      const continuationToken = Buffer.from(`${continuations.size} ${index}`).toString('base64');
      continuations.set(continuationToken, { behaviour, said: index });
      return { parts, finishReason: 'CONTINUATION', continuationToken };
    }
    const fits = fitting(text, quartersLeft);
    quartersLeft -= quartersOf({ text: fits });
    if (fits !== '' || text === '') parts.push({ text: fits });
    if (fits !== text) return { parts, finishReason: reason('MAX_TOKENS') };
  }
  const signature = isBeforeGemini3(modelVersion) ? {} : { thoughtSignature: 'c2lnbmF0dXJl' };
  if (functionCall) parts.push({ functionCall, ...signature });
  parts.push(...(behaviour.parts ?? (responseModalities.includes('IMAGE') ? faults.image.parts : [])));
  return { parts, finishReason: reason('STOP') };
}

/** What is said, one text a chunk. */
function textsOf(behaviour: ReplyBehaviour, { request, call }: Asked): readonly string[] {
  const { mode, seed, pace } = { ...call.state, ...behaviour };
  const parts = request.contents.findLast((content) => content.role !== 'model')?.parts ?? [];
  const question = parts.map((part) => part.text ?? '').join('');
  const attachments = parts.flatMap((part) => (part.inlineData ?? part.fileData)?.mimeType ?? []);
  let text = behaviour.text ?? (behaviour.functionCall || behaviour.parts ? '' : undefined);
  text ??= mode === 'echo' ? question : writeProse(question, seed, attachments);
  for (const stop of request.generationConfig?.stopSequences ?? []) {
    if (stop !== '') [text = ''] = text.split(stop, 1);
  }
  return behaviour.chunks ?? [...chunkText(text, behaviour.chunkChars ?? pace.chunkChars, seed)];
}

/** The demo model thinks aloud where it is asked to, so that the page has something to show. */
function thoughtsOf(behaviour: ReplyBehaviour, { request, call }: Asked): readonly string[] {
  const { text, chunks, functionCall, parts, mode = call.state.mode } = behaviour;
  const asks = request.generationConfig?.thinkingConfig?.includeThoughts === true;
  const improvises = mode === 'prose' && !(text ?? chunks ?? functionCall ?? parts);
  return behaviour.thoughts ?? (asks && improvises ? demoThoughts : []);
}
