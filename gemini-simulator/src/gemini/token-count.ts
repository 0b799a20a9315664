import type { Content, GenerateRequest, Part } from './generate-request.ts';

/** What an inline picture or file counts, whatever its size; Gemini's number for one image tile. */
const mediaTokens = 258;

/**
 * Counts text as it comes, in quarters of a token: an ASCII character is one quarter, other
 * alphabets two, CJK and each half of an emoji three. Sums don't depend on where the text is cut.
 */
export class TokenCounter {
  #quarters = 0;

  get tokens(): number {
    return Math.ceil(this.#quarters / 4);
  }

  add(text: string): void {
    for (let index = 0; index < text.length; index++) this.#quarters += quarters(text.charCodeAt(index));
  }

  /** The longest beginning of `text` that keeps the count within `limit` tokens, no character halved. */
  fit(text: string, limit: number): string {
    let left = limit * 4 - this.#quarters;
    let end = 0;
    for (const character of text) {
      for (let index = 0; index < character.length; index++) left -= quarters(character.charCodeAt(index));
      if (left < 0) break;
      end += character.length;
    }
    return text.slice(0, end);
  }
}

function quarters(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x2e80 ? 2 : 3;
}

/** The promptTokenCount of a request, and what countTokens answers for it. */
export function countPromptTokens(request: Omit<GenerateRequest, 'generationConfig'>): number {
  const counter = new TokenCounter();
  let media = 0;
  const countContent = (content: Content) => {
    for (const part of content.parts) {
      counter.add(partText(part));
      if (part.inlineData ?? part.fileData) media += mediaTokens;
    }
  };
  request.contents.forEach(countContent);
  if (request.systemInstruction) countContent(request.systemInstruction);
  if (request.tools) counter.add(JSON.stringify(request.tools));
  return counter.tokens + media;
}

function partText(part: Part): string {
  const called = part.functionCall ?? part.functionResponse;
  return (part.text ?? '') + (called ? JSON.stringify(called) : '');
}
