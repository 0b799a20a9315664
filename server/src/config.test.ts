import { describe, expect, test } from 'vitest';
import { ConfigError, isLoopback, readConfig } from './config.ts';

describe('the environment', () => {
  test('may be empty: everything has a default', () => {
    expect(readConfig({})).toMatchObject({
      PORT: 4000,
      HOST: '127.0.0.1',
      GEMINI_API_KEY: null,
      GEMINI_MODEL: 'gemini-3.8-flash',
      CONTEXT_MESSAGES: 10,
      DEFAULT_TOKEN_LIMIT: 100_000,
      GUEST_TOKEN_LIMIT: 10_000,
      TOTAL_TOKEN_LIMIT: null,
      EVENTS_KEPT_FOR: 86_400_000,
      HEARTBEAT_MS: 15_000,
      SHUTDOWN_GRACE: 10_000,
      MODEL_IDLE_TIMEOUT: 60_000,
      GUESTS: true,
    });
  });

  test('an empty variable is as if it were not there', () => {
    expect(readConfig({ PORT: '', GEMINI_API_KEY: '  ' })).toMatchObject({
      PORT: 4000,
      GEMINI_API_KEY: null,
    });
  });

  test.each([
    ['PORT', '8080', 8080],
    ['GUESTS', 'off', false],
    ['DEFAULT_TOKEN_LIMIT', 'none', null],
    ['DEFAULT_TOKEN_LIMIT', '0', null],
    ['EVENTS_KEPT_FOR', '90m', 5_400_000],
    [
      'CORS_ORIGINS',
      'https://a.example, http://b.example:8080',
      ['https://a.example', 'http://b.example:8080'],
    ],
    ['GEMINI_BASE_URL', 'http://127.0.0.1:8089/', 'http://127.0.0.1:8089'],
  ] as const)('%s=%s is understood', (name, text, value) => {
    expect(readConfig({ [name]: text })[name]).toEqual(value);
  });

  test.each([
    ['PORT', '70000', 'PORT takes a whole number from 0 to 65535.'],
    ['PORT', 'http', 'PORT takes a whole number from 0 to 65535.'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL takes one of debug, info, warn, error, silent.'],
    ['SHUTDOWN_GRACE', '10', 'SHUTDOWN_GRACE takes a duration such as 500ms, 10s, 5m, 2h or 1d.'],
    ['JWT_SECRET', 'short', 'JWT_SECRET takes a secret of at least 32 characters.'],
    ['GEMINI_BASE_URL', 'file:///etc/passwd', 'GEMINI_BASE_URL takes an http or https URL.'],
    ['CORS_ORIGINS', '*', 'CORS_ORIGINS takes origins such as https://app.example.org, separated by commas.'],
    ['DATABASE_URL', 'postgres://x', 'DATABASE_URL is not supported yet. Unset it to use SQLite.'],
  ])('%s=%s stops the start with one line that says what it takes', (name, text, message) => {
    expect(() => readConfig({ [name]: text })).toThrow(new ConfigError(message));
  });

  test('a shared secret and published keys exclude each other', () => {
    const both = { JWT_SECRET: 'x'.repeat(32), JWKS_URL: 'https://host.example/keys' };
    expect(() => readConfig(both)).toThrow(ConfigError);
  });
});

test('loopback is what only this machine can reach', () => {
  expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '192.168.1.2', '::', 'example.org', '127.0.0.1.example.org'].some(isLoopback)).toBe(
    false,
  );
});
