import type { ResolvedReplySettings } from '../store/transactions/begin-generation.ts';
import type { CachedReply } from '../store/transactions/reply-cache.ts';
import type { ModelOutcome, ModelSink } from '../ports/model-provider.ts';

/** About the size of a model's chunks, in UTF-16 units. */
const CHUNK_CHARS = 80;

/** The cache key: requests with the same key may share a reply. */
export function questionKeyOf(settings: ResolvedReplySettings, question: string): string {
  const { model, systemPrompt, maxOutputTokens, parameters } = settings;
  const { temperature, thinking, safety } = parameters;
  const thresholds = [safety.harassment, safety.hate, safety.sexual, safety.dangerous];
  const key = [model, systemPrompt, maxOutputTokens, temperature, thinking, thresholds];
  return JSON.stringify([...key, question.trim()]);
}

/** Sends a cached reply to a sink the way a model does. */
export function replay({ model, parts }: CachedReply, sink: ModelSink): ModelOutcome {
  sink.model(model);
  for (const part of parts) {
    if (part.type === 'source') sink.source({ title: part.title, url: part.url });
    else if (part.type === 'text' || part.type === 'thought')
      for (const text of inChunks(part.text)) sink[part.type](text);
  }
  return { finishReason: 'stop', usageIsFinal: true, isFree: true, continuation: null };
}

function* inChunks(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = start + CHUNK_CHARS;
    // Never inside a surrogate pair.
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end += 1;
    yield text.slice(start, end);
    start = end;
  }
}
