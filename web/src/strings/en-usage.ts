export const usageStrings = {
  cost: 'Cost',
  ofLimit: (limit: string) => `of ${limit}`,
  left: 'Left',
  reserved: 'Reserved for replies',
  granted: 'Granted',
  cap: 'Monthly cap',
  resets: 'Resets',
  resetsOn: (date: string) => `${date} (UTC)`,
  low: {
    tokens: (percent: string, date: string) =>
      `You have used ${percent} of this month’s tokens. They reset on ${date}.`,
    cost: (percent: string, date: string) =>
      `You have used ${percent} of this month’s spending limit. It resets on ${date}.`,
    cap: (percent: string, date: string) =>
      `You have used ${percent} of your monthly cap. It resets on ${date}.`,
  },
  spent: {
    tokens: (date: string) =>
      `You have used all of this month’s tokens. You can send messages again on ${date}.`,
    cost: (date: string) =>
      `You have reached this month’s spending limit. You can send messages again on ${date}.`,
    cap: (date: string) => `You have reached your monthly cap. Raise it, or wait until ${date}.`,
  },
  tooFew: {
    tokens: (date: string) => `Too few of this month’s tokens are left for a reply. They reset on ${date}.`,
    cost: (date: string) =>
      `Too little of this month’s spending limit is left for a reply. It resets on ${date}.`,
    cap: (date: string) => `Too little of your monthly cap is left for a reply. It resets on ${date}.`,
  },
  changeCap: 'Change cap',
  chart: 'Tokens per day',
  chartHint: 'Point at a day, or use the arrow keys, to see its usage.',
  chartHintTouch: 'Tap a day to see its usage.',
  exact: 'Exact',
  estimated: 'Estimated',
  noUsage: (day: string) => `${day}: no usage`,
  figures: (day: string, tokens: string, cost: string, replies: string) =>
    `${day}: ${tokens}, ${cost}, ${replies}`,
  tokenCount: (count: number) => (count === 1 ? '1 token' : `${count.toLocaleString()} tokens`),
  replyCount: (count: number) => (count === 1 ? '1 reply' : `${count.toLocaleString()} replies`),
  estimatedCount: (count: string) => `${count} estimated`,
  byDay: 'By day',
  byModel: 'By model',
  byChat: 'By chat',
  day: 'Day',
  chat: 'Chat',
  replies: 'Replies',
  share: 'Share',
  unknownModel: 'Unknown model',
  deletedChat: 'Deleted chat',
  apiRequests: 'API requests',
  none: 'No usage this month yet.',
  showAll: (count: number) => `Show all ${count.toLocaleString()}`,
};
