import { expect, test } from 'vitest';
import { hostnameOf, isLoopback } from './loopback.ts';

test('loopback is what only this machine can reach', () => {
  expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '192.168.1.2', '::', 'example.org', '127.0.0.1.example.org'].some(isLoopback)).toBe(
    false,
  );
});

test.each([
  ['localhost:4000', 'localhost'],
  ['LOCALHOST', 'localhost'],
  ['[::1]:4000', '::1'],
  ['127.0.0.1', '127.0.0.1'],
  ['evil.example:4000', 'evil.example'],
  ['', ''],
  ['a b', ''],
])('the hostname in "Host: %s" is "%s"', (host, hostname) => {
  expect(hostnameOf(host)).toBe(hostname);
});
