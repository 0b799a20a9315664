import type { GenerateRequest, Part } from './request.ts';

const none = { promptTokens: 0, cachedTokens: 0, outputTokens: 0, thoughtTokens: 0, toolUseTokens: 0 };

/** What a request costs, in tokens. The total is the sum of all but `cachedTokens`, which are among the prompt's. */
export type Bill = typeof none & { totalTokens: number };

/** What a picture or file counts, whatever its size: Gemini's numbers for a tile read and for a picture made. */
const imageTokens = { read: 258, made: 1290 };

/** A quarter of a token is a byte of UTF-8, so that sums don't depend on where the text is cut. */
export function quartersOf(part: Part, images: keyof typeof imageTokens = 'made'): number {
  const called = part.functionCall ?? part.functionResponse;
  const text = (part.text ?? '') + (called ? JSON.stringify(called) : '');
  return Buffer.byteLength(text) + ((part.inlineData ?? part.fileData) ? imageTokens[images] * 4 : 0);
}

/** The longest beginning of `text` that has at most so many quarters, no character halved. */
export function fitting(text: string, quarters: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= quarters) return text;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(bytes.subarray(0, Math.max(0, quarters)), { stream: true });
}

/** The promptTokenCount of a request, and what countTokens answers for it. */
export function countPromptTokens({ contents, systemInstruction, tools }: GenerateRequest): number {
  const parts = [...contents, systemInstruction].flatMap((content) => content?.parts ?? []);
  const quarters = tools ? Buffer.byteLength(JSON.stringify(tools)) : 0;
  return Math.ceil(parts.reduce((sum, part) => sum + quartersOf(part, 'read'), quarters) / 4);
}

export function billOf(counted: Partial<Bill>): Bill {
  const bill = { ...none, ...counted };
  const totalTokens = bill.promptTokens + bill.outputTokens + bill.thoughtTokens + bill.toolUseTokens;
  return { ...bill, totalTokens };
}

/** A bill as Google's usageMetadata; counters of nothing are left out. */
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
