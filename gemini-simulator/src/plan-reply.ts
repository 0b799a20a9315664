import faults from '../data/faults.json' with { type: 'json' };
import demoThoughts from '../data/prose/thoughts.json' with { type: 'json' };
import type { ReplyBehaviour } from './behaviour.ts';
import { chunkText, seededBytes } from './content/chunk-text.ts';
import { writeProse } from './content/prose.ts';
import { isBeforeGemini3 } from './google/models.ts';
import type { GenerateRequest, Part } from './google/request.ts';
import { billOf, countPromptTokens, truncateToQuarters, quartersOf, usageOf } from './google/tokens.ts';
import type { Call } from './state.ts';

export interface ReplyRequest {
  call: Call;
  request: GenerateRequest;
  /** For a continuation: how many chunks of text the earlier requests have sent. */
  skippedChunks: number;
}

/** The content of a reply, one part for each chunk, and its end. */
interface ReplyContent {
  parts: Part[];
  finishReason: string | null;
  continuationToken?: string;
}

/**
 * Generates a reply, chunk by chunk. Each chunk has its JSON (`payload`), its text without thoughts, and the bill of all
 * chunks up to and including it.
 */
export function* planReply(behaviour: ReplyBehaviour, reply: ReplyRequest) {
  const { toolSteps = [], usage = 'full', blockReason, safetyRatings, endless } = behaviour;
  const { state, entry, model, isWhole } = reply.call;
  const { modelVersion = model } = entry;
  const id = seededBytes(state.seed, `response ${++state.replies}`);
  const responseId = id.toString('base64url').slice(0, 23);
  const content = contentOf(behaviour, reply);
  const allParts = withEnding(content, behaviour, modelVersion);
  const promptTokens = countPromptTokens(reply.request);
  const cachedTokens = Math.min(behaviour.cachedTokens ?? 0, promptTokens);
  const quarters = { answer: 0, thoughts: 0 };
  let parts: Part[] = [];
  let bill = billOf({});
  let earlier = bill;
  for (let index = 0; index < allParts.length; index += 1) {
    const part = allParts[index] as Part;
    const last = index === allParts.length - 1;
    if (index > 0 && index <= toolSteps.length) earlier = bill;
    quarters[part.thought ? 'thoughts' : 'answer'] += quartersOf(part);
    bill = billOf({
      // The prompt of each step includes the thoughts of the earlier steps.
      promptTokens: promptTokens + earlier.thoughtTokens,
      cachedTokens,
      outputTokens: Math.ceil(quarters.answer / 4),
      thoughtTokens: Math.ceil(quarters.thoughts / 4),
      toolUseTokens: toolSteps.slice(0, index).reduce((sum, tokens) => sum + tokens, 0),
    });
    parts = isWhole ? appendPart(parts, part) : [part];
    if (isWhole && !last) continue;
    const outputTokens = bill.outputTokens - earlier.outputTokens;
    const thoughtTokens = bill.thoughtTokens - earlier.thoughtTokens;
    const step = billOf({ promptTokens, cachedTokens, outputTokens, thoughtTokens });
    const counters = usageOf(last ? bill : step);
    if (last && usage === 'without-candidates') counters.candidatesTokenCount = undefined;
    const usageMetadata = usage === 'missing' ? undefined : counters;
    const candidates = blockReason === undefined ? [candidateOf(behaviour, parts, content, last)] : undefined;
    const promptFeedback = candidates ? undefined : { blockReason, safetyRatings };
    const text = parts.map(({ thought, text }) => (thought ? '' : (text ?? ''))).join('');
    const payload = { candidates, promptFeedback, usageMetadata, modelVersion, responseId };
    yield { payload, text, bill, last };
    const repeats = endless === 'stream' && entry.closedByClientAt === undefined;
    if (repeats && index === allParts.length - 2) index = -1;
  }
}

/** Replies of Gemini 3 and later end with an extra chunk without text. */
function withEnding({ parts, finishReason }: ReplyContent, behaviour: ReplyBehaviour, model: string): Part[] {
  const { thoughtSignature, lastContent, endless } = behaviour;
  const endsWithText = finishReason === null || (isBeforeGemini3(model) && endless === undefined);
  const isWhole = endsWithText && lastContent === undefined && thoughtSignature === undefined;
  if (parts.length > 0 && isWhole) return parts;
  return [...parts, { text: '', ...(thoughtSignature !== undefined && { thoughtSignature }) }];
}

function appendPart(parts: Part[], part: Part): Part[] {
  const previous = parts.at(-1);
  const isText = previous?.text !== undefined && part.text !== undefined;
  if (!isText || previous.thought !== part.thought) return [...parts, part];
  return [...parts.slice(0, -1), { ...previous, ...part, text: `${previous.text}${part.text}` }];
}

function candidateOf(behaviour: ReplyBehaviour, parts: Part[], ending: ReplyContent, last: boolean): object {
  const { lastContent, safetyRatings, finishMessage, stopOnEveryChunk } = behaviour;
  const shown = parts.filter((part) => part.text !== '' || part.thoughtSignature !== undefined);
  const finishes = ending.finishReason !== null && (last || stopOnEveryChunk === true);
  const noContent = { empty: {}, 'no-parts': { role: 'model' } };
  const isEmpty = last && lastContent && shown.length === 0;
  const candidate = {
    content: isEmpty ? noContent[lastContent] : { parts: shown.length > 0 ? shown : parts, role: 'model' },
    finishReason: finishes ? ending.finishReason : undefined,
    index: 0,
    finishMessage: finishes ? finishMessage : undefined,
  };
  if (!last) return candidate;
  return { ...candidate, safetyRatings, ...behaviour.candidate, continuationToken: ending.continuationToken };
}

/** The thoughts, text and other parts, up to the request's limits. */
function contentOf(behaviour: ReplyBehaviour, reply: ReplyRequest): ReplyContent {
  const { continuations } = reply.call.state;
  const { modelVersion = reply.call.model } = reply.call.entry;
  const { functionCall, blockReason, finishReason, continueAfter = Infinity } = behaviour;
  const { maxOutputTokens = Infinity, responseModalities = [] } = reply.request.generationConfig ?? {};
  const parts: Part[] = [];
  const reason = (usual: string) => (finishReason === undefined ? usual : finishReason);
  if (blockReason !== undefined) return { parts, finishReason: reason('STOP') };
  let quartersLeft = behaviour.ignoresMaxOutput ? Infinity : maxOutputTokens * 4;
  for (const text of reply.skippedChunks > 0 ? [] : thoughtsOf(behaviour, reply)) {
    quartersLeft -= quartersOf({ text });
    if (quartersLeft < 0) return { parts, finishReason: reason('MAX_TOKENS') };
    parts.push({ text, thought: true });
  }
  quartersLeft = Math.floor(quartersLeft / 4) * 4;
  for (const [index, text] of textsOf(behaviour, reply).entries()) {
    if (index < reply.skippedChunks) continue;
    if (index === reply.skippedChunks + continueAfter) {
      const continuationToken = Buffer.from(`${continuations.size} ${index}`).toString('base64');
      continuations.set(continuationToken, { behaviour, sentChunks: index });
      return { parts, finishReason: 'CONTINUATION', continuationToken };
    }
    const fits = truncateToQuarters(text, quartersLeft);
    quartersLeft -= quartersOf({ text: fits });
    if (fits !== '' || text === '') parts.push({ text: fits });
    if (fits !== text) return { parts, finishReason: reason('MAX_TOKENS') };
  }
  const signature = isBeforeGemini3(modelVersion) ? {} : { thoughtSignature: 'c2lnbmF0dXJl' };
  if (functionCall) parts.push({ functionCall, ...signature });
  parts.push(...(behaviour.parts ?? (responseModalities.includes('IMAGE') ? faults.image.parts : [])));
  return { parts, finishReason: reason('STOP') };
}

/** The texts of the reply, one for each chunk. */
function textsOf(behaviour: ReplyBehaviour, { request, call }: ReplyRequest): readonly string[] {
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

/** The demo model has thoughts if the request asks for them, so that the app can show some. */
function thoughtsOf(behaviour: ReplyBehaviour, { request, call }: ReplyRequest): readonly string[] {
  const { text, chunks, functionCall, parts, mode = call.state.mode } = behaviour;
  const isRequested = request.generationConfig?.thinkingConfig?.includeThoughts === true;
  const isImprovised = mode === 'prose' && !(text ?? chunks ?? functionCall ?? parts);
  return behaviour.thoughts ?? (isRequested && isImprovised ? demoThoughts : []);
}
