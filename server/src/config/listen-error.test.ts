import { expect, test } from 'vitest';
import { ConfigError } from './config.ts';
import { listenErrorOf } from './listen-error.ts';

test.each([
  ['EADDRINUSE', 'PORT 80 is in use on here. Set PORT to a free one, or stop the program that uses it.'],
  ['EACCES', 'PORT 80 needs more permissions than this process has. Set PORT to 1024 or higher.'],
  ['EADDRNOTAVAIL', 'HOST here is not an address of this machine. Set HOST to one, or to 0.0.0.0 for all.'],
  ['ENOTFOUND', /^HOST here cannot be resolved to an address\. Set HOST to an address of this machine/],
  ['EMFILE', 'HOST here and PORT 80 cannot be used: listen EMFILE.'],
])('%s names the setting to change', (code, message) => {
  const cause = Object.assign(new Error(`listen ${code}`), { code });
  const error = listenErrorOf(cause, { HOST: 'here', PORT: 80 });
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  expect(error.cause).toBe(cause);
});
