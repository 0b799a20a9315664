import type { Call } from '../api.ts';
import { seededRandom } from '../content/seeded-random.ts';
import { invalidArgument } from '../google/errors.ts';
import { type Content, readGenerateRequest, readMessage } from '../google/request.ts';
import { countPromptTokens } from '../google/tokens.ts';
import { billOf } from '../google/usage.ts';
import { type Act, answerJson } from '../reply/perform.ts';
import { misbehave } from './generate.ts';

interface EmbedRequest {
  content?: Content;
  outputDimensionality?: number;
}

/** What a request with these contents, or with this `generateContentRequest`, would report as its prompt. */
export function* countTokens({ api: { counting }, entry, model }: Call): Generator<Act> {
  if (yield* misbehave(counting)) return;
  yield { act: 'wait', ms: 'firstDelayMs' in counting ? (counting.firstDelayMs ?? 0) : 0 };
  const asked: { generateContentRequest?: object } = readMessage('CountTokensRequest', entry.body);
  const totalTokens = countPromptTokens(readGenerateRequest(asked.generateContentRequest ?? asked, model));
  yield* answerJson({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}

/** Unit vectors: the same for the same text, and otherwise unlike one another. */
export function* embedContents({ api, entry, model }: Call): Generator<Act> {
  const isBatch = entry.method === 'batchEmbedContents';
  const body = readMessage(isBatch ? 'BatchEmbedContentsRequest' : 'EmbedContentRequest', entry.body);
  const { requests = [] }: { requests?: EmbedRequest[] } = isBatch ? body : { requests: [body] };
  const embeddings = requests.map(({ content, outputDimensionality = 3072 }) => {
    const isEmpty = (content?.parts ?? []).length === 0;
    if (!content || isEmpty) throw invalidArgument('* EmbedContentRequest.content: content is required\n');
    const random = seededRandom(api.seed, JSON.stringify(content.parts));
    const values = Array.from({ length: outputDimensionality }, () => random() - 0.5);
    const length = Math.hypot(...values);
    return { values: values.map((value) => value / length) };
  });
  entry.modelVersion = model;
  entry.billed = billOf({
    promptTokens: countPromptTokens({ contents: requests.flatMap(({ content }) => content ?? []) }),
  });
  yield* answerJson(isBatch ? { embeddings } : { embedding: embeddings[0] });
}
