import { commonStrings } from './en-common.ts';

/** The text of a conversation and of its messages. */
export const conversationStrings = {
  log: 'Conversation',
  greeting: 'What’s on your mind?',
  examplesLabel: 'Examples',
  examples: [
    {
      title: 'Explain something',
      prompt: 'Explain how a water wheel turns a stream into power, for a ten-year-old.',
    },
    {
      title: 'Write some code',
      prompt: 'Write a TypeScript function that debounces another, with a short example.',
    },
    { title: 'Compare options', prompt: 'Compare trains, planes and cars for a 500 km trip, as a table.' },
    { title: 'Plan something', prompt: 'Plan a relaxed weekend in a city by the sea, hour by hour.' },
  ],
  message: 'Message',
  placeholder: 'Write a message…',
  speakers: { user: commonStrings.labels.you, assistant: 'Reply', system: 'Summary' },
  thinking: 'Thinking',
  thoughts: 'Thoughts',
  sources: 'Sources',
  summarized: 'Summary of earlier messages',
  jumpToLatest: 'Jump to latest',
  newContent: 'New content',

  codeBlock: 'Code block.',
  scrollable: { code: 'Code, scrollable', table: 'Table, scrollable' },
  diagram: 'Diagram',
  diagramSource: 'Diagram source',
  image: 'Generated image',
  imageBlocked: (alt: string) => (alt === '' ? 'Image not loaded' : `Image not loaded: ${alt}`),

  reconnecting: 'Reconnecting…',
  stopped: 'Stopped',
  failed: 'The reply failed.',
  interrupted: 'The reply was interrupted.',
  cutShort: {
    length: 'The reply reached its maximum length.',
    budget: 'The reply was cut short because this month’s budget is used up.',
  },

  copyMessage: 'Copy message',
  editLabel: 'Edit your message',
  editHint: 'Sending creates a new version. The original stays available.',
  version: (number: string, count: string) => `Version ${number} of ${count}`,
  versionShort: (number: string, count: string) => `${number}/${count}`,
  previousVersion: 'Previous version',
  nextVersion: 'Next version',
  regenerate: 'Regenerate',
  anotherModel: 'Use another model',

  rate: { good: 'Good reply', bad: 'Bad reply' },
  why: { good: 'What was good? (optional)', bad: 'What was wrong? (optional)' },
  sendFeedback: 'Send feedback',
  skipFeedback: 'Skip',

  cost: {
    tokens: (count: string) => `${count} tokens`,
    tokensEstimated: (count: string) => `about ${count} tokens`,
    usageSource: {
      provider: 'Reported by the model’s provider',
      tokenizer: 'Counted with the model’s tokenizer',
      estimate: 'Estimated: the provider reported no usage',
    },
    cached: 'Cached reply, free',
    cachedHint: 'This question was asked before. The stored reply is shown again at no cost.',
  },
  firstToken: (seconds: string) => `first token after ${seconds} s`,
  firstTokenHint: 'Time from the request to the first word or thought',
  budgetUsed: (percent: string) => `${percent} of budget used`,
  budgetTokens: (used: string, limit: string) => `${used} of ${limit} tokens used this month`,
};
