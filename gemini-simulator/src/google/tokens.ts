import type { GenerateRequest, Part } from './request.ts';

const zeroBill = { promptTokens: 0, cachedTokens: 0, outputTokens: 0, thoughtTokens: 0, toolUseTokens: 0 };

/** The tokens of a request. `promptTokens` includes `cachedTokens`, so the total is the sum of the other fields. */
export type Bill = typeof zeroBill & { totalTokens: number };

/** The tokens of an image or file of any size: Gemini's numbers for an input tile and for a generated image. */
const imageTokens = { read: 258, made: 1290 };

/** Quarter tokens. A quarter token is one byte of UTF-8, so that sums don't depend on how the text is split. */
export function quartersOf(part: Part, images: keyof typeof imageTokens = 'made'): number {
  const called = part.functionCall ?? part.functionResponse;
  const text = (part.text ?? '') + (called ? JSON.stringify(called) : '');
  return Buffer.byteLength(text) + ((part.inlineData ?? part.fileData) ? imageTokens[images] * 4 : 0);
}

/** The longest prefix of `text` with at most this many quarter tokens. It doesn't split a character. */
export function truncateToQuarters(text: string, quarters: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= quarters) return text;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(bytes.subarray(0, Math.max(0, quarters)), { stream: true });
}

/** The promptTokenCount of a request, which countTokens returns too. */
export function countPromptTokens({ contents, systemInstruction, tools }: GenerateRequest): number {
  const parts = [...contents, systemInstruction].flatMap((content) => content?.parts ?? []);
  const quarters = tools ? Buffer.byteLength(JSON.stringify(tools)) : 0;
  return Math.ceil(parts.reduce((sum, part) => sum + quartersOf(part, 'read'), quarters) / 4);
}

export function billOf(counted: Partial<Bill>): Bill {
  const bill = { ...zeroBill, ...counted };
  const totalTokens = bill.promptTokens + bill.outputTokens + bill.thoughtTokens + bill.toolUseTokens;
  return { ...bill, totalTokens };
}

/** A bill as Google's usageMetadata. Counters that are zero are omitted. */
export function usageOf(bill: Bill) {
  const details = (tokenCount: number) => [{ modality: 'TEXT', tokenCount }];
  return {
    promptTokenCount: bill.promptTokens,
    candidatesTokenCount: bill.outputTokens || undefined,
    totalTokenCount: bill.totalTokens,
    cachedContentTokenCount: bill.cachedTokens || undefined,
    promptTokensDetails: details(bill.promptTokens),
    toolUsePromptTokenCount: bill.toolUseTokens || undefined,
    toolUsePromptTokensDetails: bill.toolUseTokens > 0 ? details(bill.toolUseTokens) : undefined,
    thoughtsTokenCount: bill.thoughtTokens || undefined,
  };
}

/** The bill of the last usageMetadata in a recording. */
export function billInRecording(recording: string): Bill {
  const usage = recording.split('"usageMetadata"').at(-1) ?? '';
  const counter = (name: string) => Number(new RegExp(`"${name}TokenCount": ?(\\d+)`).exec(usage)?.[1] ?? 0);
  return billOf({
    promptTokens: counter('prompt'),
    cachedTokens: counter('cachedContent'),
    outputTokens: counter('candidates'),
    thoughtTokens: counter('thoughts'),
    toolUseTokens: counter('toolUsePrompt'),
  });
}
