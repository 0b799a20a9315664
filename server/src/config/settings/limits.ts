import { MAX_SENT_BYTES } from '../../core/attached-files.ts';
import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const limits = {
  DEFAULT_TOKEN_LIMIT: setting({
    type: type.limit(),
    default: '100000',
    description: 'Tokens a month for each user. Administrators have no limit unless they are given one.',
  }),
  GUEST_TOKEN_LIMIT: setting({
    type: type.limit(),
    default: '10000',
    description: 'Tokens a month for each guest.',
  }),
  TOTAL_TOKEN_LIMIT: setting({
    type: type.limit(),
    default: 'none',
    description: 'Tokens a month for all users together.',
  }),
  DEFAULT_COST_LIMIT: setting({
    type: type.dollars,
    default: 'none',
    description: 'Dollars a month for each user. Models without a price count tokens only.',
  }),
  MESSAGE_RATE_LIMIT_MS: setting({
    type: type.limit({ max: 86_400_000 }),
    default: '1000',
    description: 'The least time between two new replies of a user (ms).',
  }),
  RATE_LIMIT_PER_MINUTE: setting({
    type: type.limit(),
    default: '10',
    description: 'New replies of a user in a minute.',
  }),
  MAX_CONCURRENT_REPLIES: setting({
    type: type.limit(),
    default: '3',
    description: 'Running replies of a user.',
  }),
  MAX_CHATS_PER_USER: setting({
    type: type.limit(),
    default: 'none',
    description: 'Chats of a user that are neither deleted nor archived.',
  }),
  // A body ends at 1 MB, and JSON may need six bytes for one UTF-16 unit.
  MAX_MESSAGE_CHARS: setting({
    type: type.integer({ min: 1, max: 150_000 }),
    default: '32000',
    appName: 'systemPromptChars',
    description: 'The longest message and the longest system prompt (characters).',
  }),
  MAX_ATTACHMENTS: setting({
    type: type.integer({ min: 1, max: 16 }),
    default: '8',
    appName: 'attachments',
    description: 'Files of one message.',
  }),
  // All files of a message must go into one request to the model.
  MAX_ATTACHMENT_BYTES: setting({
    type: type.integer({ min: 1, max: MAX_SENT_BYTES }),
    default: '10485760',
    appName: 'attachmentBytes',
    description: 'The largest file (bytes).',
  }),
  MAX_ATTACHMENT_CHARS: setting({
    type: type.integer({ min: 1, max: 1_000_000 }),
    default: '100000',
    appName: 'attachmentChars',
    description: 'The longest text file (characters).',
  }),
};
