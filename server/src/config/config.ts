import type { Setting } from './setting.ts';
import { SETTINGS } from './settings/index.ts';

type Definitions = typeof SETTINGS;

/** The value of each setting. */
export type Config = {
  readonly [Name in keyof Definitions]: Definitions[Name] extends Setting<infer Value> ? Value : never;
};

/** Thrown when a setting or an option is wrong. Its message is one line that says what each wrong setting takes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Settings as a program writes them, by the names of the environment variables: `'10s'`, `5`, `true`, `'none'`. A setting that is
 * absent or undefined has its default.
 */
export type Settings = {
  readonly [Name in keyof Config]?: string | number | boolean | readonly string[] | undefined;
};

/** The name of each setting, what it takes, and its default as text (null for none). */
export function describeSettings(): { name: string; takes: string; default: string | null }[] {
  return Object.entries<Setting<unknown>>(SETTINGS).map(([name, { takes, default: text }]) => ({
    name,
    takes,
    default: text,
  }));
}

/** Picks the variables of an environment that are settings. */
export function settingsIn(environment: Readonly<Record<string, string | undefined>>): Settings {
  return Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, environment[name]]));
}

/** @throws ConfigError for a setting with a wrong value, and for a name that isn't a setting */
export function configOf(settings: Settings): Config {
  const entries = Object.entries<Settings[keyof Config]>(settings).map(([name, value]) => {
    if (!(name in SETTINGS)) throw new ConfigError(`There is no setting ${name}.`);
    if (typeof value === 'boolean') return [name, value ? 'on' : 'off'];
    return [name, value === undefined ? undefined : String(value)];
  });
  return readConfig(Object.fromEntries(entries));
}

/** @throws ConfigError for variables with a wrong value; it names all of them */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const mistakes: string[] = [];
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([name, type]) => {
    const given = environment[name]?.trim() || type.default;
    if (given === null) return [name, null];
    const value = type.parse(given);
    if (value === undefined) mistakes.push(`${name} takes ${type.takes}.`);
    return [name, value];
  });
  if (mistakes.length > 0) throw new ConfigError(mistakes.join(' '));
  // Each value was parsed by the type of its own setting.
  const config = Object.fromEntries(entries) as Config;
  checkCombinations(config);
  return config;
}

/** The URL at which a browser reaches the server. @param port the port it listens on */
export function browserUrlOf(
  { PUBLIC_URL, HOST }: Pick<Config, 'PUBLIC_URL' | 'HOST'>,
  port: number,
): string {
  if (PUBLIC_URL !== null) return PUBLIC_URL;
  // These two mean every address of the machine, and are no address that can be opened.
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function checkCombinations({ JWT_SECRET, JWKS_URL, JWT_AUDIENCE, REDIS_URL, DATABASE_URL }: Config): void {
  if (JWT_SECRET !== null && JWKS_URL !== null) {
    throw new ConfigError('JWT_SECRET and JWKS_URL exclude each other. Set one of them.');
  }
  if (REDIS_URL.length > 0 && DATABASE_URL === null) {
    throw new ConfigError('REDIS_URL needs DATABASE_URL: servers that share Redis also share PostgreSQL.');
  }
  // A publisher's keys often sign JWTs for many applications; a secret is shared with this server only.
  if (JWKS_URL !== null && JWT_AUDIENCE === null) {
    throw new ConfigError('JWKS_URL needs JWT_AUDIENCE, the "aud" of JWTs that are meant for this server.');
  }
}
