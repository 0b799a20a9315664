/** The types of settings: what each takes, in words, and how its text becomes a value. */
import type { Safety } from '@millrace/protocol';
import { parseSafety, SAFETY_TAKES } from './safety.ts';

export interface SettingType<Value> {
  /** Completes the sentence "PORT takes …". */
  takes: string;
  /** Returns undefined for text that the setting doesn't take. */
  parse(text: string): Value | undefined;
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Node fires a timer of more than 2^31 − 1 ms at once. */
export const LONGEST_TIMER = '24d';
export const LONGEST_DURATION = '36500d';

/** Says how to switch something off. @param meaning completes the sentence "PORT takes "none" …" */
const none = (meaning: string) => `or "none" (or 0) ${meaning}`;
const NO_LIMIT = 'for no limit';

export const text: SettingType<string> = { takes: 'a text', parse: (given) => given };

export const secret: SettingType<string> = {
  takes: 'a secret of at least 32 characters',
  parse: (given) => (given.length >= 32 ? given : undefined),
};

export const safety: SettingType<Safety> = {
  takes: SAFETY_TAKES,
  parse: (given) => (given === '' ? {} : parseSafety(given)),
};

const WORDS_ON_OFF = new Map([
  ['on', true],
  ['true', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['0', false],
  ['none', false],
]);
export const onOff: SettingType<boolean> = {
  takes: '"on" (or true, 1) or "off" (or false, 0, none)',
  parse: (given) => WORDS_ON_OFF.get(given.toLowerCase()),
};

export function oneOf<const Word extends string>(...words: readonly Word[]): SettingType<Word> {
  return { takes: `one of ${words.join(', ')}`, parse: (given) => words.find((word) => word === given) };
}

export function integer({ min, max }: { min: number; max: number }): SettingType<number> {
  return { takes: `a whole number from ${min} to ${max}`, parse: (given) => wholeNumber(given, min, max) };
}

/** A positive whole number; null for "none". @param off what "none" means: `for no limit` */
export function limit({ max, off = NO_LIMIT }: { max?: number; off?: string } = {}): SettingType<
  number | null
> {
  return {
    takes: `a whole number${max === undefined ? '' : ` up to ${max}`}, ${none(off)}`,
    parse: (given) =>
      given === 'none' || given === '0' ? null : wholeNumber(given, 1, max ?? Number.MAX_SAFE_INTEGER),
  };
}

/** Allows "none", which is null, besides the values of another type. @param off what "none" means: `for no cache` */
export function orNone<Value>(type: SettingType<Value>, off: string): SettingType<Value | null> {
  return {
    takes: `${type.takes}, ${none(off)}`,
    parse: (given) => (given === 'none' || given === '0' ? null : type.parse(given)),
  };
}

export function decimal({ min, max }: { min: number; max: number }): SettingType<number> {
  return {
    takes: `a number from ${min} to ${max}`,
    parse: (given) => {
      const value = /^\d{1,6}(?:\.\d{1,6})?$/.test(given) ? Number(given) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** Dollars, as micro-dollars; null for no limit. */
export const dollars: SettingType<number | null> = {
  takes: `dollars such as 5 or 2.50, ${none(NO_LIMIT)}`,
  parse: (given) => {
    if (given === 'none') return null;
    const [, whole, decimals = ''] = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(given) ?? [];
    if (whole === undefined) return undefined;
    return Number(whole) * 1_000_000 + Number(decimals.padEnd(6, '0')) || null;
  },
};

/** Milliseconds. The default maximum is that of a timer. */
export function duration(
  { min, max }: { min: string; max: string } = { min: '0s', max: LONGEST_TIMER },
): SettingType<number> {
  const [minMs, maxMs] = [milliseconds(min), milliseconds(max)];
  return {
    takes: `a duration from ${min} to ${max}, such as 500ms, 10s, 5m, 2h or 1d`,
    parse: (given) => {
      const value = milliseconds(given);
      return value >= minMs && value <= maxMs ? value : undefined;
    },
  };
}

export function urlOf(schemes: readonly string[], takes: string): SettingType<string> {
  const hasScheme = (given: string) => schemes.includes(new URL(given).protocol.slice(0, -1));
  return { takes, parse: (given) => (URL.canParse(given) && hasScheme(given) ? given : undefined) };
}

const anyHttpUrl = urlOf(['http', 'https'], 'an http or https URL');
/** An http or https URL, without slashes at its end. */
export const httpUrl: SettingType<string> = {
  ...anyHttpUrl,
  parse: (given) => anyHttpUrl.parse(given)?.replace(/\/+$/, ''),
};

/** An origin as browsers write it: in lower case, and without the default port of its scheme. */
export const origin: SettingType<string> = {
  takes: 'an origin such as https://chat.example.org, without a path',
  parse: (given) => {
    if (!URL.canParse(given)) return undefined;
    const { protocol, origin: normalized, href } = new URL(given);
    return /^https?:$/.test(protocol) && href === `${normalized}/` ? normalized : undefined;
  },
};

export function matching(pattern: RegExp, takes: string): SettingType<string> {
  return { takes, parse: (given) => (pattern.test(given) ? given : undefined) };
}

/** Values separated by commas; an empty text is an empty list. */
export function listOf<Value>(item: SettingType<Value>, takes: string): SettingType<readonly Value[]> {
  return {
    takes,
    parse: (given) => {
      if (given === '') return [];
      const values = given.split(',').map((each) => item.parse(each.trim()));
      return values.every((value) => value !== undefined) ? values : undefined;
    },
  };
}

/** Returns NaN for text that isn't a duration. */
function milliseconds(given: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(given) ?? [];
  return Number(count) * (UNITS_MS[unit ?? ''] ?? Number.NaN);
}

function wholeNumber(given: string, min: number, max: number): number | undefined {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
