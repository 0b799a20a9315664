/** What a request costs. The total is the sum of all but `cachedTokens`, which are among the prompt's. */
export interface Bill {
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  thoughtTokens: number;
  toolUseTokens: number;
  totalTokens: number;
}

export function billOf(counted: Partial<Omit<Bill, 'totalTokens'>>): Bill {
  const none = { promptTokens: 0, cachedTokens: 0, outputTokens: 0, thoughtTokens: 0, toolUseTokens: 0 };
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
  const counter = (name: string) => Number(new RegExp(`"${name}": ?(\\d+)`).exec(usage)?.[1] ?? 0);
  return billOf({
    promptTokens: counter('promptTokenCount'),
    cachedTokens: counter('cachedContentTokenCount'),
    outputTokens: counter('candidatesTokenCount'),
    thoughtTokens: counter('thoughtsTokenCount'),
    toolUseTokens: counter('toolUsePromptTokenCount'),
  });
}
