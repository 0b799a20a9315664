import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const replies = {
  SYSTEM_PROMPT: setting({
    type: type.text,
    description:
      "The model's system instruction. Like the next three settings, it can be set for a single chat.",
  }),
  TEMPERATURE: setting({
    type: type.decimal({ min: 0, max: 2 }),
    description: "How freely models choose their words. Default: the model's own.",
  }),
  THINKING: setting({
    type: type.oneOf('off', 'low', 'medium', 'high'),
    description: "How much models think. Default: the model's own. Thoughts are shown unless it is `off`.",
  }),
  SAFETY: setting({
    type: type.safety,
    default: '',
    description:
      "What is blocked: `block_low` (and above), `block_medium`, `block_high`, `off` or `default` (the service's own) for all categories, or `hate=block_low,sexual=off` for single ones of harassment, hate, sexual and dangerous.",
  }),
  MAX_OUTPUT_TOKENS: setting({
    type: type.integer({ min: 1, max: 1_000_000 }),
    default: '8192',
    appName: 'maxOutputTokens',
    description: 'The longest reply (tokens), thoughts included. A chat can have a lower limit.',
  }),
  CONTEXT_MESSAGES: setting({
    type: type.integer({ min: 1, max: 1000 }),
    default: '10',
    description: 'How many messages the model gets, the question included.',
  }),
  CONTEXT_SUMMARY: setting({
    type: type.onOff,
    default: 'off',
    description:
      'Whether the model also gets a summary of the messages that the context leaves out. A summary costs tokens, which are shown separately.',
  }),
  CHAT_TITLES: setting({
    type: type.onOff,
    default: 'on',
    description:
      'Whether a model names each chat after its first reply, which costs a few tokens. Otherwise the title is the beginning of the first message.',
  }),
  REPLY_CACHE_TTL: setting({
    type: type.orNone(type.duration({ min: '1s', max: type.LONGEST_DURATION }), 'for no cache'),
    description:
      'How long the same first question, asked by anyone, gets the same reply for free. Default: no cache.',
  }),
  AUTO_CONTINUE: setting({
    type: type.integer({ min: 0, max: 10 }),
    default: '0',
    description:
      'How often a reply that breaks off is continued automatically. Each continuation costs its prompt again.',
  }),
  FALLBACK_REPLY: setting({
    type: type.text,
    description: 'A free reply for when no model can answer. Default: the reply fails with an error.',
  }),
  STOP_UNREAD_AFTER: setting({
    type: type.orNone(type.duration(), 'for never'),
    description:
      'Stops a reply that nobody has read for this long. The web app reads while its tab is visible. Default: never.',
  }),
  STOP_ON_DISCONNECT_AFTER: setting({
    type: type.orNone(type.duration(), 'for never'),
    default: '5s',
    description:
      'The same for next-hook, whose clients stop a reply by disconnecting; `0s` stops it at once.',
  }),
};
