import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { reachOf } from './reach.ts';

test.each([
  [{}, { isPublic: false, isProxied: false, hostnames: [] }],
  [{ HOST: '::1' }, { isPublic: false, isProxied: false, hostnames: [] }],
  [{ HOST: '0.0.0.0' }, { isPublic: true, isProxied: false, hostnames: null }],
  [{ TRUST_PROXY: '1' }, { isPublic: true, isProxied: true, hostnames: null }],
  [{ PUBLIC_URL: 'https://chat.example' }, { isPublic: true, isProxied: true, hostnames: ['chat.example'] }],
  [{ PUBLIC_URL: 'http://[::1]:8080' }, { isPublic: false, isProxied: true, hostnames: ['::1'] }],
])('with %o a server is reached by %o', (environment, reach) => {
  expect(reachOf(readConfig(environment), { isHosted: false })).toEqual(reach);
  const anybody = { isPublic: true, isProxied: true, hostnames: null };
  expect(reachOf(readConfig(environment), { isHosted: true })).toEqual(anybody);
});
