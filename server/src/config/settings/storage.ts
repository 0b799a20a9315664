import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const storage = {
  DATA_DIR: setting({
    type: type.text,
    default: './data',
    description: 'The folder of the databases and the secret. Not used with `DATABASE_URL`.',
  }),
  DATABASE_URL: setting({
    type: type.urlOf(['postgres', 'postgresql'], 'a URL such as postgres://user:password@host/database'),
    description:
      'PostgreSQL 14 or later instead of `DATA_DIR`, for any number of servers. See [deployment](deployment.md).',
  }),
  DATABASE_POOL: setting({
    type: type.integer({ min: 2, max: 1000 }),
    default: '10',
    description:
      'The most connections of one server to PostgreSQL. Accounts and notifications use five more.',
  }),
  REDIS_URL: setting({
    type: type.listOf(
      type.urlOf(['redis', 'rediss'], ''),
      'a URL such as redis://host:6379, or those of some nodes of a cluster, separated by commas',
    ),
    default: '',
    description:
      'Redis 7 or Valkey beside PostgreSQL, for the events of running replies and for rate limits. Several URLs name nodes of a cluster.',
  }),
  EVENT_RETENTION: setting({
    type: type.duration({ min: '0s', max: type.LONGEST_DURATION }),
    default: '1d',
    description: 'How long a finished reply can be resumed event by event.',
  }),
  LEASE_MS: setting({
    type: type.integer({ min: 300, max: 600_000 }),
    default: '10000',
    description: 'The time within which a dead server is detected, and another one ends its replies (ms).',
  }),
};
