import type { Usage } from '@millrace/protocol';

/**
 * Tokens of a text when nobody counts it: four ASCII characters or one other code point a token, raised by 3 percent,
 * plus one. "Hello world" is 4, "Design an NFT 🎨 collection!" is 9.
 */
export function estimateTokens(text: string): number {
  if (text === '') return 0;
  let ascii = 0;
  let others = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) ascii += 1;
    else if (unit < 0xdc00 || unit > 0xdfff) others += 1;
  }
  return Math.ceil((ascii / 4 + others) * 1.03) + 1;
}

/** What an exchange costs where the model reports nothing: question, system prompt, reply, and 10. */
export function estimateUsage(prompt: number, text: string, thoughts: string): Usage {
  const promptTokens = prompt + 10;
  const outputTokens = estimateTokens(text);
  const thoughtTokens = estimateTokens(thoughts);
  return {
    promptTokens,
    cachedTokens: 0,
    outputTokens,
    thoughtTokens,
    toolUseTokens: 0,
    totalTokens: promptTokens + outputTokens + thoughtTokens,
  };
}
