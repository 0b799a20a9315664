import type { Usage } from '@millrace/protocol';

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
