import type { ReplyBehaviour } from '../behaviour/behaviour.ts';
import { chunkText } from '../content/chunk-text.ts';
import { writeProse } from '../content/prose.ts';
import { seededRandom } from '../content/seeded-random.ts';
import type { GenerateRequest, Part } from '../gemini/generate-request.ts';
import { endsWithEmptyText } from '../gemini/models.ts';
import { TokenCounter, countPromptTokens } from '../gemini/token-count.ts';

export interface PlannedChunk {
  payload: object;
  /** The answer's text in this chunk, without thoughts. */
  text: string;
  /** Thoughts and answer up to and with this chunk. */
  tokensMade: number;
}

export interface ReplyPlan {
  chunkCount: number;
  /** Made one by one as they are read, so that a long reply costs no memory. */
  chunks: Iterable<PlannedChunk>;
}

export interface ReplySettings {
  mode: 'echo' | 'prose';
  seed: number;
  chunkChars: number;
  modelVersion: string;
  responseId: string;
}

type DraftPart = { text: string; thought?: true } | { functionCall: object };
type Draft = { parts: (DraftPart & { thoughtSignature?: string })[]; ending?: boolean };

/** Decides everything a reply says, before its first byte. */
export function planReply(
  behaviour: ReplyBehaviour,
  request: GenerateRequest,
  settings: ReplySettings,
): ReplyPlan {
  const { drafts, cut } = draftReply(behaviour, request, settings);
  const finishReason =
    behaviour.finishReason === undefined ? (cut ? 'MAX_TOKENS' : 'STOP') : behaviour.finishReason;
  const separateEnd =
    drafts.length === 0 ||
    behaviour.lastContent !== undefined ||
    behaviour.thoughtSignature !== undefined ||
    (finishReason !== null && endsWithEmptyText(settings.modelVersion));
  if (separateEnd) drafts.push({ parts: [lastPart(behaviour)], ending: true });
  const promptTokens = countPromptTokens(request);
  const counters = { thoughts: new TokenCounter(), answer: new TokenCounter() };

  const makeChunk = (draft: Draft, index: number): PlannedChunk => {
    const last = index === drafts.length - 1;
    let text = '';
    for (const part of draft.parts) {
      const counter = 'thought' in part ? counters.thoughts : counters.answer;
      counter.add('text' in part ? part.text : JSON.stringify(part.functionCall));
      if ('text' in part && !part.thought) text += part.text;
    }
    const tokens = { thoughts: counters.thoughts.tokens, answer: counters.answer.tokens };
    const finishes = finishReason !== null && (last || behaviour.stopOnEveryChunk === true);
    const candidate = {
      content: draft.ending ? lastContent(behaviour, draft) : { parts: draft.parts, role: 'model' },
      finishReason: finishes ? finishReason : undefined,
      index: 0,
      finishMessage: finishes ? behaviour.finishMessage : undefined,
    };
    const usage = behaviour.usage ?? 'full';
    const withCandidates = tokens.answer > 0 && !(last && usage === 'without-candidates');
    const payload = {
      ...(behaviour.blockReason === undefined
        ? { candidates: [candidate] }
        : { promptFeedback: { blockReason: behaviour.blockReason } }),
      usageMetadata: usage === 'missing' ? undefined : usageOf(promptTokens, tokens, withCandidates),
      modelVersion: settings.modelVersion,
      responseId: settings.responseId,
    };
    return { payload, text, tokensMade: tokens.thoughts + tokens.answer };
  };
  return { chunkCount: drafts.length, chunks: mapLazily(drafts, makeChunk) };
}

/** The thoughts, texts and call of a reply; `cut` when `maxOutputTokens` ended it early. */
function draftReply(
  behaviour: ReplyBehaviour,
  request: GenerateRequest,
  settings: ReplySettings,
): { drafts: Draft[]; cut: boolean } {
  if (behaviour.blockReason !== undefined) return { drafts: [], cut: false };
  const asked = request.generationConfig.maxOutputTokens;
  const limit = behaviour.ignoresMaxOutput ? Infinity : (asked ?? Infinity);
  const thoughtsMade = new TokenCounter();
  const answerMade = new TokenCounter();
  const drafts: Draft[] = [];
  for (const thought of behaviour.thoughts ?? demoThoughts(behaviour, request, settings)) {
    thoughtsMade.add(thought);
    if (thoughtsMade.tokens > limit) return { drafts, cut: true };
    drafts.push({ parts: [{ text: thought, thought: true }] });
  }
  for (const text of answerTexts(behaviour, request, settings)) {
    const fitting = answerMade.fit(text, limit - thoughtsMade.tokens);
    answerMade.add(fitting);
    if (fitting !== '' || text === '') drafts.push({ parts: [{ text: fitting }] });
    if (fitting !== text) return { drafts, cut: true };
  }
  if (behaviour.functionCall) drafts.push({ parts: [{ functionCall: behaviour.functionCall }] });
  return { drafts, cut: false };
}

function answerTexts(
  behaviour: ReplyBehaviour,
  request: GenerateRequest,
  settings: ReplySettings,
): Iterable<string> {
  if (behaviour.chunks) return behaviour.chunks;
  const question = lastQuestion(request);
  let text = behaviour.text ?? (behaviour.functionCall ? '' : undefined);
  text ??=
    modeOf(behaviour, settings) === 'echo'
      ? question.text
      : writeProse(question.text, settings.seed, question.attachments);
  for (const stop of request.generationConfig.stopSequences ?? []) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at >= 0) text = text.slice(0, at);
  }
  const chunkChars = behaviour.chunkChars ?? settings.chunkChars;
  return chunkText(text, chunkChars, seededRandom(settings.seed, text));
}

/** The demo model thinks aloud where it is asked to, so that the page has something to show. */
function demoThoughts(
  behaviour: ReplyBehaviour,
  request: GenerateRequest,
  settings: ReplySettings,
): string[] {
  const asked = request.generationConfig.thinkingConfig?.includeThoughts === true;
  const scripted = behaviour.text !== undefined || behaviour.chunks !== undefined || behaviour.functionCall;
  if (!asked || scripted || modeOf(behaviour, settings) === 'echo') return [];
  return [
    '**Reading the question**\n\nThere is no model behind this, so understanding it is out of reach. Its words can be quoted, though.\n\n\n',
    '**Choosing an answer**\n\nOne of the prepared answers may fit. It should say plainly that it is a prepared one.\n\n\n',
  ];
}

function modeOf(behaviour: ReplyBehaviour, settings: ReplySettings): 'echo' | 'prose' {
  return behaviour.mode ?? settings.mode;
}

function lastQuestion(request: GenerateRequest): { text: string; attachments: string[] } {
  const parts: Part[] = request.contents.findLast((content) => content.role !== 'model')?.parts ?? [];
  return {
    text: parts.map((part) => part.text ?? '').join(''),
    attachments: parts.flatMap((part) => (part.inlineData ?? part.fileData)?.mimeType ?? []),
  };
}

function lastPart(behaviour: ReplyBehaviour): Draft['parts'][number] {
  const { thoughtSignature } = behaviour;
  return thoughtSignature === undefined ? { text: '' } : { text: '', thoughtSignature };
}

function lastContent(behaviour: ReplyBehaviour, draft: Draft): object {
  if (behaviour.lastContent === 'empty') return {};
  if (behaviour.lastContent === 'no-parts') return { role: 'model' };
  return { parts: draft.parts, role: 'model' };
}

function usageOf(
  prompt: number,
  made: { thoughts: number; answer: number },
  withCandidates: boolean,
): object {
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: withCandidates ? made.answer : undefined,
    totalTokenCount: prompt + made.thoughts + made.answer,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    thoughtsTokenCount: made.thoughts > 0 ? made.thoughts : undefined,
  };
}

function* mapLazily<Item, Result>(
  items: Item[],
  make: (item: Item, index: number) => Result,
): Generator<Result> {
  for (const [index, item] of items.entries()) yield make(item, index);
}
