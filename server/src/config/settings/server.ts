import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const server = {
  PORT: setting({
    type: type.integer({ min: 0, max: 65_535 }),
    default: '4000',
    description: 'The port on which the server listens.',
  }),
  HOST: setting({
    type: type.text,
    default: '127.0.0.1',
    description:
      'The address on which it listens. When other machines can reach the server, the first administrator signs up with the set-up link that is printed at start.',
  }),
  PUBLIC_URL: setting({
    type: type.origin,
    description: 'The origin that browsers see when a proxy stands in front. Default: `http://HOST:PORT`.',
  }),
  TRUST_PROXY: setting({
    type: type.limit({ off: 'if there is no proxy in front' }),
    default: 'none',
    description:
      'The number of proxies in front that append to `X-Forwarded-For`. See [proxies](proxies.md).',
  }),
  CORS_ORIGINS: setting({
    type: type.listOf(type.origin, 'origins such as https://app.example.org, separated by commas'),
    default: '',
    description:
      'Origins whose pages may call the API. Pages of the same site may use cookies; all others use the bearer token.',
  }),
  HEARTBEAT_MS: setting({
    type: type.integer({ min: 10, max: 3_600_000 }),
    default: '15000',
    description: 'The longest silence on an event stream (ms).',
  }),
  SHUTDOWN_GRACE: setting({
    type: type.duration(),
    default: '10s',
    description: 'How long running replies may take to finish when the server is asked to end.',
  }),
  LOG_LEVEL: setting({
    type: type.oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'The lowest level that is logged.',
  }),
};
