/** The environment becomes typed settings, once. */
import type { Safety, Thinking } from '@millrace/protocol';
import { SENT_AT_MOST } from '../core/attached-files.ts';
import { parseSafety, SAFETY_TAKES } from './safety.ts';

/** One variable: what it takes, in words for whoever got it wrong, and what it is when unset. */
interface Variable<Value> {
  takes: string;
  fallback: Value;
  /** Undefined for what it doesn't take. */
  parse(text: string): Value | undefined;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Node fires a timer of more than 2^31 − 1 ms at once. */
const LONGEST_TIMER = '24d';

const VARIABLES = {
  PORT: integer(4000, { min: 0, max: 65_535 }),
  HOST: text('127.0.0.1'),
  /** Where a browser sees the server; by default http://HOST:PORT. */
  PUBLIC_URL: optional(origin()),
  DATA_DIR: text('./data'),
  /** Unset: SQLite in `DATA_DIR`. */
  DATABASE_URL: optional(
    urlOf(['postgres', 'postgresql'], 'a URL such as postgres://user:password@host/database'),
  ),
  /** Of one process, to PostgreSQL, at most. */
  DATABASE_POOL: integer(10, { min: 2, max: 1000 }),
  /** Unset: the log is in the database. Several are a cluster's. */
  REDIS_URL: redisUrls(),

  AI_PROVIDER: oneOf('gemini', ['gemini', 'none']),
  GEMINI_API_KEY: optional(text('')),
  /** Unset: Google's. */
  GEMINI_BASE_URL: optional(url()),
  GEMINI_MODEL: text('gemini-3.8-flash'),
  /** In the order in which they are asked. */
  GEMINI_FALLBACK_MODELS: names(),
  /** Offered beside the service's list, which leaves them out. */
  GEMINI_TUNED_MODELS: tunedModels(),
  MODEL_RETRIES: integer(2, { min: 0, max: 10 }),
  /** Of all waiting between those, for one reply. */
  MODEL_RETRY_PATIENCE: duration('30s'),
  /** Outages one after another, before a model is left alone for a while. */
  MODEL_BREAKS_AFTER: limit(5),
  /** How often a reply that broke off is gone on with by itself. */
  AUTO_CONTINUE: integer(0, { min: 0, max: 10 }),
  /** Unset: what went wrong is said. */
  FALLBACK_REPLY: optional(text('')),
  SYSTEM_PROMPT: optional(text('')),
  /** Unset: the model's own. */
  TEMPERATURE: optional(decimal({ min: 0, max: 2 })),
  /** Unset: as the model does by itself. */
  THINKING: optional(oneOf<Thinking>('off', ['off', 'low', 'medium', 'high'])),
  SAFETY: safety(),
  CONTEXT_MESSAGES: integer(10, { min: 1, max: 1000 }),
  /** Of what those leave out. */
  CONTEXT_SUMMARY: onOff(false),
  /** By a model, after the first reply. */
  CHAT_TITLES: onOff(true),
  /** Unset: every question is asked. */
  REPLY_CACHE_FOR: optional(duration('1s', { min: '1s', max: '36500d' })),
  MAX_OUTPUT_TOKENS: integer(8192, { min: 1, max: 1_000_000 }),
  // At 0 the HTTP client would wait for ever.
  MODEL_IDLE_TIMEOUT: duration('60s', { min: '100ms', max: LONGEST_TIMER }),

  JWT_SECRET: optional(secret()),
  JWKS_URL: optional(url()),
  /** `iss` and `aud` that a JWT must have; null takes any. */
  JWT_ISSUER: optional(text('')),
  JWT_AUDIENCE: optional(text('')),
  GUESTS: onOff(true),
  GUESTS_PER_IP_PER_HOUR: limit(10),
  SIGN_INS_PER_MINUTE: limit(10),
  TRUST_PROXY: limit(null),
  CORS_ORIGINS: origins(),

  DEFAULT_TOKEN_LIMIT: limit(100_000),
  GUEST_TOKEN_LIMIT: limit(10_000),
  TOTAL_TOKEN_LIMIT: limit(null),
  /** Of one user, a month. */
  DEFAULT_COST_LIMIT: dollars(),
  /** Unset: those in prices.json. */
  PRICES_FILE: optional(text('')),
  // A body ends at 1 MB, and JSON may need six bytes for one UTF-16 unit.
  MAX_MESSAGE_CHARS: integer(32_000, { min: 1, max: 150_000 }),
  MAX_ATTACHMENTS: integer(8, { min: 1, max: 16 }),
  // All files of a message must go into one request to the model.
  MAX_ATTACHMENT_BYTES: integer(10_485_760, { min: 1, max: SENT_AT_MOST }),
  MAX_ATTACHMENT_CHARS: integer(100_000, { min: 1, max: 1_000_000 }),
  MESSAGE_RATE_LIMIT_MS: limit(1000, { max: 86_400_000 }),
  RATE_LIMIT_PER_MINUTE: limit(10),
  MAX_CONCURRENT_REPLIES: limit(3),
  MAX_CHATS_PER_USER: limit(null),

  EVENTS_KEPT_FOR: duration('1d', { min: '0s', max: '36500d' }),
  LEASE_MS: integer(10_000, { min: 300, max: 600_000 }),
  ABANDONED_AFTER: optional(duration('0s')),
  /** The same for clients of dialect B, which know no other way to stop. */
  STOP_ON_DISCONNECT_AFTER: orNone(duration('5s')),
  HEARTBEAT_MS: integer(15_000, { min: 10, max: 3_600_000 }),
  SHUTDOWN_GRACE: duration('10s'),
  LOG_LEVEL: oneOf('info', ['debug', 'info', 'warn', 'error', 'silent']),
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;

export type Config = { readonly [Name in keyof Variables]: Variables[Name]['fallback'] };

/** Each variable there is, and what it takes. */
export function describeSettings(): { name: string; takes: string }[] {
  return Object.entries<Variable<unknown>>(VARIABLES).map(([name, { takes }]) => ({ name, takes }));
}

/**
 * Settings by the names of the environment's variables, as somebody writes them in a program: `'10s'`, `5`, `true`, `'none'`.
 * What is left out or undefined has its default.
 */
export type Settings = {
  readonly [Name in keyof Config]?: string | number | boolean | readonly string[] | undefined;
};

/** Those of an environment's variables that are settings. */
export function settingsIn(environment: Readonly<Record<string, string | undefined>>): Settings {
  return Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, environment[name]]));
}

/** @throws ConfigError one line that names the setting and what it takes, or that there is none of that name */
export function configOf(settings: Settings): Config {
  const entries = Object.entries<Settings[keyof Config]>(settings).map(([name, value]) => {
    if (!(name in VARIABLES)) throw new ConfigError(`There is no setting ${name}.`);
    if (typeof value === 'boolean') return [name, value ? 'on' : 'off'];
    return [name, value === undefined ? undefined : String(value)];
  });
  return readConfig(Object.fromEntries(entries));
}

/** @throws ConfigError one line that names the variable and what it takes */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const entries = Object.entries<Variable<unknown>>(VARIABLES).map(([name, variable]) => {
    const given = environment[name]?.trim() ?? '';
    if (given === '') return [name, variable.fallback];
    const value = variable.parse(given);
    if (value === undefined) throw new ConfigError(`${name} takes ${variable.takes}.`);
    return [name, value];
  });
  // Each entry was made by the variable of its name.
  const config = Object.fromEntries(entries) as Config;
  if (config.JWT_SECRET !== null && config.JWKS_URL !== null) {
    throw new ConfigError('JWT_SECRET and JWKS_URL exclude each other. Set one of them.');
  }
  if (config.REDIS_URL.length > 0 && config.DATABASE_URL === null) {
    throw new ConfigError('REDIS_URL needs DATABASE_URL: what several servers share is kept in PostgreSQL.');
  }
  // One publisher's keys often sign for many applications; a secret is shared with this one alone.
  if (config.JWKS_URL !== null && config.JWT_AUDIENCE === null) {
    throw new ConfigError('JWKS_URL needs JWT_AUDIENCE: the "aud" of JWTs that are meant for this server.');
  }
  return config;
}

function text(fallback: string): Variable<string> {
  return { takes: 'a text', fallback, parse: (given) => given };
}

function secret(): Variable<string> {
  return {
    takes: 'a secret of at least 32 characters',
    fallback: '',
    parse: (given) => (given.length >= 32 ? given : undefined),
  };
}

function optional<Value>(variable: Variable<Value>): Variable<Value | null> {
  return { ...variable, fallback: null };
}

/** What a limit is switched off by. */
function orNone<Value>(variable: Variable<Value>): Variable<Value | null> {
  const parse = (given: string) => (given === 'none' || given === '0' ? null : variable.parse(given));
  return { ...variable, takes: `${variable.takes}, or "none" (or 0) for no limit`, parse };
}

function integer(fallback: number, { min, max }: { min: number; max: number }): Variable<number> {
  return {
    takes: `a whole number from ${min} to ${max}`,
    fallback,
    parse: (given) => wholeNumber(given, min, max),
  };
}

function limit(fallback: number | null, { max }: { max?: number } = {}): Variable<number | null> {
  return {
    takes: `a whole number${max === undefined ? '' : ` up to ${max}`}, or "none" (or 0) for no limit`,
    fallback,
    parse: (given) =>
      given === 'none' || given === '0' ? null : wholeNumber(given, 1, max ?? Number.MAX_SAFE_INTEGER),
  };
}

function decimal({ min, max }: { min: number; max: number }): Variable<number> {
  return {
    takes: `a number from ${min} to ${max}`,
    fallback: min,
    parse: (given) => {
      const value = /^\d{1,6}(?:\.\d{1,6})?$/.test(given) ? Number(given) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

function safety(): Variable<Safety> {
  return { takes: SAFETY_TAKES, fallback: {}, parse: parseSafety };
}

/** In micro-dollars. */
function dollars(): Variable<number | null> {
  return {
    takes: 'dollars such as 5 or 2.50, or "none" (or 0) for no limit',
    fallback: null,
    parse: (given) => {
      if (given === 'none') return null;
      const [, whole, decimals = ''] = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(given) ?? [];
      if (whole === undefined) return undefined;
      return Number(whole) * 1_000_000 + Number(decimals.padEnd(6, '0')) || null;
    },
  };
}

function onOff(fallback: boolean): Variable<boolean> {
  const words = new Map([
    ['on', true],
    ['true', true],
    ['1', true],
    ['off', false],
    ['false', false],
    ['0', false],
    ['none', false],
  ]);
  return { takes: '"on" or "off"', fallback, parse: (given) => words.get(given.toLowerCase()) };
}

function oneOf<const Word extends string>(fallback: NoInfer<Word>, words: readonly Word[]): Variable<Word> {
  return {
    takes: `one of ${words.join(', ')}`,
    fallback,
    parse: (given) => words.find((word) => word === given),
  };
}

/** In milliseconds. */
function duration(
  fallback: string,
  { min, max }: { min: string; max: string } = { min: '0s', max: LONGEST_TIMER },
): Variable<number> {
  const [least, most] = [milliseconds(min), milliseconds(max)];
  return {
    takes: `a duration from ${min} to ${max}, such as 500ms, 10s, 5m, 2h or 1d`,
    fallback: milliseconds(fallback),
    parse: (given) => {
      const value = milliseconds(given);
      return value >= least && value <= most ? value : undefined;
    },
  };
}

/** NaN for what isn't a duration. */
function milliseconds(duration: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
}

function url(fallback = ''): Variable<string> {
  const variable = urlOf(['http', 'https'], 'an http or https URL');
  return { ...variable, fallback, parse: (given) => variable.parse(given)?.replace(/\/+$/, '') };
}

function urlOf(schemes: readonly string[], takes: string): Variable<string> {
  return {
    takes,
    fallback: '',
    parse: (given) =>
      URL.canParse(given) && schemes.includes(new URL(given).protocol.slice(0, -1)) ? given : undefined,
  };
}

function redisUrls(): Variable<readonly string[]> {
  const one = urlOf(
    ['redis', 'rediss'],
    'a URL such as redis://host:6379, or those of some nodes of a cluster, separated by commas',
  );
  return {
    takes: one.takes,
    fallback: [],
    parse: (given) => {
      const list = given.split(',').map((each) => one.parse(each.trim()));
      return list.every((each) => each !== undefined) ? list : undefined;
    },
  };
}

function names(): Variable<readonly string[]> {
  return namesLike(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'names of models, separated by commas');
}

function tunedModels(): Variable<readonly string[]> {
  return namesLike(
    /^tunedModels\/[a-z0-9][a-z0-9-]*$/,
    'names such as tunedModels/my-model, separated by commas',
  );
}

function namesLike(pattern: RegExp, takes: string): Variable<readonly string[]> {
  return {
    takes,
    fallback: [],
    parse: (given) => {
      const list = given.split(',').map((each) => each.trim());
      return list.every((each) => pattern.test(each)) ? list : undefined;
    },
  };
}

function origin(): Variable<string> {
  return {
    takes: 'an origin such as https://chat.example.org, without a path',
    fallback: '',
    parse: parseOrigin,
  };
}

function origins(): Variable<readonly string[]> {
  return {
    takes: 'origins such as https://app.example.org, separated by commas',
    fallback: [],
    parse: (given) => {
      const list = given.split(',').map((each) => parseOrigin(each.trim()));
      return list.every((each) => each !== undefined) ? list : undefined;
    },
  };
}

/** As a browser names it: in lower case, and without the port that its scheme has anyway. */
function parseOrigin(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, origin, href } = new URL(given);
  return /^https?:$/.test(protocol) && href === `${origin}/` ? origin : undefined;
}

function wholeNumber(given: string, min: number, max: number): number | undefined {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
