/** The environment becomes typed settings, once. */

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

const VARIABLES = {
  PORT: integer(4000, { min: 0, max: 65_535 }),
  HOST: text('127.0.0.1'),
  /** Where a browser sees the server; by default http://HOST:PORT. */
  PUBLIC_URL: optional(url()),
  DATA_DIR: text('./data'),

  AI_PROVIDER: oneOf('gemini', ['gemini', 'none']),
  GEMINI_API_KEY: optional(text('')),
  GEMINI_BASE_URL: url('https://generativelanguage.googleapis.com'),
  GEMINI_MODEL: text('gemini-3.8-flash'),
  SYSTEM_PROMPT: optional(text('')),
  CONTEXT_MESSAGES: integer(10, { min: 1, max: 1000 }),
  MAX_OUTPUT_TOKENS: integer(8192, { min: 1, max: 1_000_000 }),
  MODEL_IDLE_TIMEOUT: duration('60s'),

  JWT_SECRET: optional(secret()),
  JWKS_URL: optional(url()),
  GUESTS: onOff(true),
  GUESTS_PER_IP_PER_HOUR: limit(10),
  SIGN_INS_PER_MINUTE: limit(10),
  TRUST_PROXY: limit(null),
  CORS_ORIGINS: origins(),

  DEFAULT_TOKEN_LIMIT: limit(100_000),
  GUEST_TOKEN_LIMIT: limit(10_000),
  TOTAL_TOKEN_LIMIT: limit(null),
  MAX_MESSAGE_CHARS: integer(32_000, { min: 1, max: 1_000_000 }),

  EVENTS_KEPT_FOR: duration('1d'),
  HEARTBEAT_MS: integer(15_000, { min: 10, max: 3_600_000 }),
  SHUTDOWN_GRACE: duration('10s'),
  LOG_LEVEL: oneOf('info', ['debug', 'info', 'warn', 'error', 'silent']),
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;

export type Config = { readonly [Name in keyof Variables]: Variables[Name]['fallback'] };

/** Not built yet: better refused than silently without effect. */
const UNSUPPORTED = ['DATABASE_URL', 'REDIS_URL'];

/** @throws ConfigError one line that names the variable and what it takes */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  for (const name of UNSUPPORTED) {
    if (environment[name]) throw new ConfigError(`${name} is not supported yet. Unset it to use SQLite.`);
  }
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
  return config;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
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

function integer(fallback: number, { min, max }: { min: number; max: number }): Variable<number> {
  return {
    takes: `a whole number from ${min} to ${max}`,
    fallback,
    parse: (given) => wholeNumber(given, min, max),
  };
}

function limit(fallback: number | null): Variable<number | null> {
  return {
    takes: 'a whole number, or "none" (or 0) for no limit',
    fallback,
    parse: (given) =>
      given === 'none' || given === '0' ? null : wholeNumber(given, 1, Number.MAX_SAFE_INTEGER),
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
function duration(fallback: string): Variable<number> {
  const parse = (given: string) => {
    const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(given) ?? [];
    const milliseconds = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
    return Number.isNaN(milliseconds) ? undefined : milliseconds;
  };
  return { takes: 'a duration such as 500ms, 10s, 5m, 2h or 1d', fallback: parse(fallback) ?? 0, parse };
}

function url(fallback = ''): Variable<string> {
  return {
    takes: 'an http or https URL',
    fallback,
    parse: (given) =>
      URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
        ? given.replace(/\/+$/, '')
        : undefined,
  };
}

function origins(): Variable<readonly string[]> {
  return {
    takes: 'origins such as https://app.example.org, separated by commas',
    fallback: [],
    parse: (given) => {
      const list = given.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
      return list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
        ? list
        : undefined;
    },
  };
}

function wholeNumber(given: string, min: number, max: number): number | undefined {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
