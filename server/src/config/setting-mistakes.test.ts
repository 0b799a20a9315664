import { expect, test } from 'vitest';
import { brokenLinesOf, settingLike } from './setting-mistakes.ts';

test.each([
  ['RATE_LIMIT_PER_MINUT', 'RATE_LIMIT_PER_MINUTE'],
  ['GEMINI_APIKEY', 'GEMINI_API_KEY'],
  ['PROT', 'PORT'],
  ['port', 'PORT'],
  ['PORTS', 'PORT'],
  ['REDIS_UR', 'REDIS_URL'],
  ['DATABSE_ULR', 'DATABASE_URL'],
])('%s is like the setting %s', (name, setting) => {
  expect(settingLike(name)).toBe(setting);
});

test.each([
  'PORT',
  'HOME',
  'PATH',
  'PWD',
  'HOSTNAME',
  'LANG',
  'LOGNAME',
  'LISTEN',
  'POSTGRES_PASSWORD',
  'MILLRACE_URL',
])('%s is a setting, or like none', (name) => {
  expect(settingLike(name)).toBeNull();
});

test('lines of .env that Node ignores are found, and quoted values may have several lines', () => {
  const file = [
    '# PORT 4000',
    'PORT 4000',
    '',
    'export HOST = ::1 # all',
    'SYSTEM_PROMPT="You are',
    'a miller"',
    "JWT_ISSUER='it' # set",
    'foo',
    '=x',
    'EMPTY=',
  ];
  expect(brokenLinesOf(file.join('\n'))).toEqual([2, 8, 9]);
  expect(brokenLinesOf(file.join('\r\n'))).toEqual([2, 8, 9]);
});
