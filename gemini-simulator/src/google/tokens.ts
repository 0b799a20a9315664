import type { GenerateRequest, Part } from './request.ts';

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
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, Math.max(0, quarters)), {
    stream: true,
  });
}

/** The promptTokenCount of a request, and what countTokens answers for it. */
export function countPromptTokens({ contents, systemInstruction, tools }: GenerateRequest): number {
  const parts = [...contents, systemInstruction].flatMap((content) => content?.parts ?? []);
  const quarters = tools ? Buffer.byteLength(JSON.stringify(tools)) : 0;
  return Math.ceil(parts.reduce((sum, part) => sum + quartersOf(part, 'read'), quarters) / 4);
}
