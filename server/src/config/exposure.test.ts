import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { exposureOf } from './exposure.ts';

test.each([
  [{}, { isPublic: false, isProxied: false, hostnames: [] }],
  [{ HOST: '::1' }, { isPublic: false, isProxied: false, hostnames: [] }],
  [{ HOST: '0.0.0.0' }, { isPublic: true, isProxied: false, hostnames: null }],
  [{ TRUST_PROXY: '1' }, { isPublic: true, isProxied: true, hostnames: null }],
  [{ PUBLIC_URL: 'https://chat.example' }, { isPublic: true, isProxied: true, hostnames: ['chat.example'] }],
  [{ PUBLIC_URL: 'http://[::1]:8080' }, { isPublic: false, isProxied: true, hostnames: ['::1'] }],
])('the settings %o give the exposure %o', (environment, exposure) => {
  expect(exposureOf(readConfig(environment), { isHosted: false })).toEqual(exposure);
  const any = { isPublic: true, isProxied: true, hostnames: null };
  expect(exposureOf(readConfig(environment), { isHosted: true })).toEqual(any);
});
