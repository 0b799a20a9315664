import type { Usage } from '@millrace/protocol';

export const ZERO_USAGE: Usage = {
  promptTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 0,
};

export function sumOfUsage(one: Usage, other: Usage): Usage {
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    thoughtTokens: one.thoughtTokens + other.thoughtTokens,
    toolUseTokens: one.toolUseTokens + other.toolUseTokens,
    totalTokens: one.totalTokens + other.totalTokens,
  };
}
