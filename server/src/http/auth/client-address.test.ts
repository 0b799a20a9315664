import { expect, test } from 'vitest';
import { networkOf } from './client-address.ts';

test('one subscriber is an IPv4 address, or the /64 network of an IPv6 address', () => {
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  const network = networkOf('2001:db8:1:2::1');
  expect(network).toBe('2001:db8:1:2::/64');
  expect(networkOf('2001:0DB8:1:2:ffff:ffff:ffff:ffff')).toBe(network);
  expect(networkOf('2001:db8:1:3::1')).not.toBe(network);
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
});
