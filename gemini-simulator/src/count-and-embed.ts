import { seededRandom } from './content/chunk-text.ts';
import { sendFault } from './generate.ts';
import { invalidArgument } from './google/errors.ts';
import { type Content, readGenerateRequest, readMessage } from './google/request.ts';
import { billOf, countPromptTokens } from './google/tokens.ts';
import type { Call } from './state.ts';

type EmbedRequest = { content?: Content; outputDimensionality?: number };

/** Answers with the promptTokenCount of a request with these contents, or of `generateContentRequest`. */
export async function countTokens(call: Call): Promise<void> {
  const { counting } = call.state;
  if (await sendFault(counting, call)) return;
  await call.answer.wait('firstDelayMs' in counting ? (counting.firstDelayMs ?? 0) : 0);
  const body = readMessage('CountTokensRequest', call.entry.body) as { generateContentRequest?: object };
  const request = readGenerateRequest(body.generateContentRequest ?? body, call.model);
  const totalTokens = countPromptTokens(request);
  const promptTokensDetails = [{ modality: 'TEXT', tokenCount: totalTokens }];
  await call.answer.json({ totalTokens, promptTokensDetails });
}

/** Answers with pseudo-random unit vectors that depend only on the seed and text. */
export async function embedContents({ state, answer, entry, model }: Call): Promise<void> {
  const isBatch = entry.method === 'batchEmbedContents';
  const body = readMessage(
    isBatch ? 'BatchEmbedContentsRequest' : 'EmbedContentRequest',
    entry.body,
  ) as object;
  const { requests = [] }: { requests?: EmbedRequest[] } = isBatch ? body : { requests: [body] };
  const embeddings = requests.map(({ content, outputDimensionality = 3072 }) => {
    if (!content?.parts?.length)
      throw invalidArgument('* EmbedContentRequest.content: content is required\n');
    const random = seededRandom(state.seed, JSON.stringify(content.parts));
    const values = Array.from({ length: outputDimensionality }, () => random() - 0.5);
    const length = Math.hypot(...values);
    return { values: values.map((value) => value / length) };
  });
  const contents = requests.flatMap(({ content }) => content ?? []);
  entry.modelVersion = model;
  entry.billed = billOf({ promptTokens: countPromptTokens({ contents }) });
  await answer.json(isBatch ? { embeddings } : { embedding: embeddings[0] });
}
