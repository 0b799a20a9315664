import { describe, expect, test } from 'vitest';
import { appSettingsOf } from './app-settings.ts';
import { ConfigError, configOf, describeSettings, readConfig } from './config.ts';

const SAFETY =
  'one of default, block_low, block_medium, block_high, off, or category=threshold separated by commas, for harassment, hate, sexual, dangerous';

describe('settings from the environment', () => {
  test('all have a default', () => {
    expect(readConfig({})).toMatchObject({
      PORT: 4000,
      HOST: '127.0.0.1',
      GEMINI_API_KEY: null,
      GEMINI_BASE_URL: null,
      GEMINI_MODEL: 'gemini-3.8-flash',
      CONTEXT_MESSAGES: 10,
      CONTEXT_SUMMARY: false,
      CHAT_TITLES: true,
      REPLY_CACHE_TTL: null,
      DEFAULT_TOKEN_LIMIT: 100_000,
      GUEST_TOKEN_LIMIT: 10_000,
      TOTAL_TOKEN_LIMIT: null,
      MESSAGE_RATE_LIMIT_MS: 1000,
      RATE_LIMIT_PER_MINUTE: 10,
      MAX_CONCURRENT_REPLIES: 3,
      MAX_CHATS_PER_USER: null,
      EVENT_RETENTION: 86_400_000,
      HEARTBEAT_MS: 15_000,
      SHUTDOWN_GRACE: 10_000,
      MODEL_IDLE_TIMEOUT: 60_000,
      STOP_UNREAD_AFTER: null,
      STOP_ON_DISCONNECT_AFTER: 5000,
      GUESTS: true,
    });
  });

  test('an empty variable is the same as an unset one', () => {
    expect(readConfig({ PORT: '', GEMINI_API_KEY: '  ' })).toMatchObject({
      PORT: 4000,
      GEMINI_API_KEY: null,
    });
  });

  test.each([
    ['PORT', '8080', 8080],
    ['GUESTS', 'off', false],
    ['GEMINI_FALLBACK_MODELS', 'one, two', ['one', 'two']],
    ['GEMINI_TUNED_MODELS', 'tunedModels/a-1, tunedModels/b', ['tunedModels/a-1', 'tunedModels/b']],
    ['CONTEXT_SUMMARY', 'on', true],
    ['CHAT_TITLES', 'off', false],
    ['TEMPERATURE', '0', 0],
    ['TEMPERATURE', '1.25', 1.25],
    ['THINKING', 'off', 'off'],
    [
      'SAFETY',
      'block_high',
      { harassment: 'block_high', hate: 'block_high', sexual: 'block_high', dangerous: 'block_high' },
    ],
    ['SAFETY', 'hate=off, sexual = block_low', { hate: 'off', sexual: 'block_low' }],
    ['REPLY_CACHE_TTL', '12h', 43_200_000],
    ['DEFAULT_TOKEN_LIMIT', 'none', null],
    ['DEFAULT_TOKEN_LIMIT', '0', null],
    ['MESSAGE_RATE_LIMIT_MS', '250', 250],
    ['MESSAGE_RATE_LIMIT_MS', '0', null],
    ['RATE_LIMIT_PER_MINUTE', 'none', null],
    ['MAX_CONCURRENT_REPLIES', '1', 1],
    ['MAX_CHATS_PER_USER', '50', 50],
    ['EVENT_RETENTION', '90m', 5_400_000],
    [
      'CORS_ORIGINS',
      'https://a.example, http://b.example:8080',
      ['https://a.example', 'http://b.example:8080'],
    ],
    ['GEMINI_BASE_URL', 'http://127.0.0.1:8089/', 'http://127.0.0.1:8089'],
    ['PUBLIC_URL', 'https://Chat.Example:443/', 'https://chat.example'],
    ['SHUTDOWN_GRACE', '24d', 2_073_600_000],
    ['EVENT_RETENTION', '90d', 7_776_000_000],
    ['STOP_ON_DISCONNECT_AFTER', '0s', 0],
    ['STOP_ON_DISCONNECT_AFTER', '0', null],
    ['STOP_ON_DISCONNECT_AFTER', 'none', null],
    ['STOP_UNREAD_AFTER', 'none', null],
    ['STOP_UNREAD_AFTER', '0', null],
    ['REPLY_CACHE_TTL', 'none', null],
    ['REPLY_CACHE_TTL', '0', null],
    ['JWT_AUDIENCE', 'millrace', 'millrace'],
  ] as const)('%s=%s is parsed', (name, text, value) => {
    expect(readConfig({ [name]: text })[name]).toEqual(value);
  });

  test.each([
    ['PORT', '70000', 'PORT takes a whole number from 0 to 65535.'],
    ['PORT', 'http', 'PORT takes a whole number from 0 to 65535.'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL takes one of debug, info, warn, error, silent.'],
    [
      'SHUTDOWN_GRACE',
      '10',
      'SHUTDOWN_GRACE takes a duration from 0s to 24d, such as 500ms, 10s, 5m, 2h or 1d.',
    ],
    // Node would fire so long a timer at once.
    [
      'SHUTDOWN_GRACE',
      '30d',
      'SHUTDOWN_GRACE takes a duration from 0s to 24d, such as 500ms, 10s, 5m, 2h or 1d.',
    ],
    [
      'MODEL_IDLE_TIMEOUT',
      '0s',
      'MODEL_IDLE_TIMEOUT takes a duration from 100ms to 24d, such as 500ms, 10s, 5m, 2h or 1d.',
    ],
    [
      'STOP_ON_DISCONNECT_AFTER',
      '5',
      'STOP_ON_DISCONNECT_AFTER takes a duration from 0s to 24d, such as 500ms, 10s, 5m, 2h or 1d, or "none" (or 0) for never.',
    ],
    [
      'PUBLIC_URL',
      'https://example.org/chat',
      'PUBLIC_URL takes an origin such as https://chat.example.org, without a path.',
    ],
    // A body has at most 1 MB, and an escaped character needs six bytes.
    ['MAX_MESSAGE_CHARS', '150001', 'MAX_MESSAGE_CHARS takes a whole number from 1 to 150000.'],
    ['JWT_SECRET', 'short', 'JWT_SECRET takes a secret of at least 32 characters.'],
    ['GEMINI_BASE_URL', 'file:///etc/passwd', 'GEMINI_BASE_URL takes an http or https URL.'],
    ['CORS_ORIGINS', '*', 'CORS_ORIGINS takes origins such as https://app.example.org, separated by commas.'],
    [
      'DATABASE_URL',
      'mysql://host/db',
      'DATABASE_URL takes a URL such as postgres://user:password@host/database.',
    ],
    [
      'TRUST_PROXY',
      'yes',
      'TRUST_PROXY takes a whole number, or "none" (or 0) if there is no proxy in front.',
    ],
    ['GUESTS', 'maybe', 'GUESTS takes "on" (or true, 1) or "off" (or false, 0, none).'],
    ['DATABASE_POOL', '1', 'DATABASE_POOL takes a whole number from 2 to 1000.'],
    [
      'REDIS_URL',
      'http://host',
      'REDIS_URL takes a URL such as redis://host:6379, or those of some nodes of a cluster, separated by commas.',
    ],
    [
      'REDIS_URL',
      'redis://host',
      'REDIS_URL needs DATABASE_URL: servers that share Redis also share PostgreSQL.',
    ],
    // Node would fire so long a timer at once.
    [
      'MESSAGE_RATE_LIMIT_MS',
      '2592000000',
      'MESSAGE_RATE_LIMIT_MS takes a whole number up to 86400000, or "none" (or 0) for no limit.',
    ],
    [
      'MESSAGE_RATE_LIMIT_MS',
      '1s',
      'MESSAGE_RATE_LIMIT_MS takes a whole number up to 86400000, or "none" (or 0) for no limit.',
    ],
    [
      'RATE_LIMIT_PER_MINUTE',
      '-1',
      'RATE_LIMIT_PER_MINUTE takes a whole number, or "none" (or 0) for no limit.',
    ],
    [
      'MAX_CONCURRENT_REPLIES',
      'off',
      'MAX_CONCURRENT_REPLIES takes a whole number, or "none" (or 0) for no limit.',
    ],
    ['MAX_CHATS_PER_USER', '1.5', 'MAX_CHATS_PER_USER takes a whole number, or "none" (or 0) for no limit.'],
    [
      'GEMINI_TUNED_MODELS',
      'my-model',
      'GEMINI_TUNED_MODELS takes names such as tunedModels/my-model, separated by commas.',
    ],
    ['TEMPERATURE', '2.1', 'TEMPERATURE takes a number from 0 to 2.'],
    ['TEMPERATURE', 'warm', 'TEMPERATURE takes a number from 0 to 2.'],
    ['THINKING', 'hard', 'THINKING takes one of off, low, medium, high.'],
    ['SAFETY', 'strict', `SAFETY takes ${SAFETY}.`],
    ['SAFETY', 'hate', `SAFETY takes ${SAFETY}.`],
    ['SAFETY', 'hate=off,', `SAFETY takes ${SAFETY}.`],
    ['SAFETY', 'hate=off=on', `SAFETY takes ${SAFETY}.`],
    ['GEMINI_FALLBACK_MODELS', 'a,,b', 'GEMINI_FALLBACK_MODELS takes names of models, separated by commas.'],
  ])('%s=%s is an error of one line that says what the setting takes', (name, text, message) => {
    expect(() => readConfig({ [name]: text })).toThrow(new ConfigError(message));
  });

  test('all wrong settings are named in one line', () => {
    expect(() => readConfig({ PORT: 'http', THINKING: 'hard' })).toThrow(
      new ConfigError(
        'PORT takes a whole number from 0 to 65535. THINKING takes one of off, low, medium, high.',
      ),
    );
  });

  test('JWT_SECRET and JWKS_URL exclude each other', () => {
    const both = { JWT_SECRET: 'x'.repeat(32), JWKS_URL: 'https://host.example/keys' };
    expect(() => readConfig(both)).toThrow(ConfigError);
  });

  test('JWKS_URL needs JWT_AUDIENCE, because published keys sign JWTs for others too', () => {
    const keys = { JWKS_URL: 'https://host.example/keys' };
    expect(() => readConfig(keys)).toThrow(/^JWKS_URL needs JWT_AUDIENCE/);
    expect(readConfig({ ...keys, JWT_AUDIENCE: 'millrace' })).toMatchObject({ JWT_AUDIENCE: 'millrace' });
  });
});

test('the default of every setting is a text that the setting takes', () => {
  const defaults = describeSettings().map(({ name, default: text }) => [name, text ?? undefined]);
  expect(readConfig(Object.fromEntries(defaults))).toEqual(readConfig({}));
});

test('a program may write numbers, booleans and lists, and a name that is no setting is an error', () => {
  expect(configOf({ PORT: 1, GUESTS: false, GEMINI_FALLBACK_MODELS: ['a', 'b'] })).toMatchObject({
    PORT: 1,
    GUESTS: false,
    GEMINI_FALLBACK_MODELS: ['a', 'b'],
  });
  const misspelled = { PORTS: 1 } as object;
  expect(() => configOf(misspelled)).toThrow(new ConfigError('There is no setting PORTS.'));
});

test('the app gets the settings that name it, and no others', () => {
  const config = readConfig({ JWT_SECRET: 'x'.repeat(32), MAX_ATTACHMENTS: '3' });
  expect(appSettingsOf(config)).toEqual({
    maxOutputTokens: 8192,
    systemPromptChars: 32_000,
    attachments: 3,
    attachmentBytes: 10_485_760,
    attachmentChars: 100_000,
  });
});
