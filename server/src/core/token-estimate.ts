import type { Usage } from '@millrace/protocol';

/** Kinds of UTF-16 units. From FIRST_SCRIPT on: scripts, which are counted by words and letters. */
const LOWER = 0;
const UPPER = 1;
const ACCENTED = 2;
const DIGIT = 3;
const SPACE = 4;
const LINE_END = 5;
const PUNCTUATION = 6;
const SYMBOL = 7;
/** The first half of a character outside the basic plane, usually an emoji. The second half adds nothing. */
const HIGH_SURROGATE = 8;
const LOW_SURROGATE = 9;
const FIRST_SCRIPT = 10;
/** The kind before the first unit. */
const START = 255;

/** Weights in hundredths of a token. */
const ONE = 100;
/** A word directly after a digit or a mark. */
const UNSPACED_WORD = 10;
/** Each further letter of a word longer than this weighs extra. */
const LONG_WORD_LETTERS = 12;
const FURTHER_LETTER = 15;
/** A word with letters such as é or ß: the vocabulary has fewer words of other languages. */
const ACCENT = 130;
/** An upper-case letter inside a word, as in `camelCase`. */
const CAMEL_HUMP = 70;
/** A single space that isn't part of a word's token. */
const LONE_SPACE = 50;
/** The longest run of spaces in one token. */
const MAX_INDENT = 16;
const FURTHER_LINE = 30;
/** The second half of CR LF. */
const SECOND_LINE_END = 5;
/** The same mark again, up to a number of times; then a fifth of it. */
const REPEATED_MARK = 10;
const REPEATED_MARK_LIMIT = 3;
/** A run of different marks, such as `"},`, is one token up to this length. */
const RUN_OF_MARKS = 3;
const FURTHER_MARK = 50;
const SIGN = 90;
const EMOJI = 150;

/** Scripts by their code points, with the weights of a word and of each letter. */
const SCRIPTS: readonly {
  ranges: readonly (readonly [from: number, to: number])[];
  word: number;
  letter: number;
}[] = [
  // Cyrillic
  { ranges: [[0x400, 0x52f]], word: 90, letter: 18 },
  // Greek, Armenian, Hebrew, Georgian
  {
    ranges: [
      [0x370, 0x3ff],
      [0x530, 0x5ff],
      [0x10a0, 0x10ff],
      [0x1f00, 0x1fff],
    ],
    word: 100,
    letter: 31,
  },
  // Arabic
  {
    ranges: [
      [0x600, 0x77f],
      [0x8a0, 0x8ff],
      [0xfb50, 0xfdff],
      [0xfe70, 0xfeff],
    ],
    word: 25,
    letter: 38,
  },
  // Devanagari to Sinhala
  { ranges: [[0x900, 0xdff]], word: 0, letter: 38 },
  // Thai, Lao, Tibetan, Burmese, Khmer
  {
    ranges: [
      [0xe00, 0x109f],
      [0x1780, 0x17ff],
    ],
    word: 0,
    letter: 35,
  },
  // Korean
  {
    ranges: [
      [0x1100, 0x11ff],
      [0x3130, 0x318f],
      [0xac00, 0xd7af],
    ],
    word: 0,
    letter: 72,
  },
  // Japanese kana
  { ranges: [[0x3040, 0x30ff]], word: 0, letter: 30 },
  // Chinese characters
  {
    ranges: [
      [0x3400, 0x9fff],
      [0xf900, 0xfaff],
    ],
    word: 0,
    letter: 75,
  },
  // Their punctuation and wide forms
  {
    ranges: [
      [0x3000, 0x303f],
      [0xff00, 0xffef],
    ],
    word: 0,
    letter: 100,
  },
];

const KINDS = kindsOfUnits();

/** The estimate is raised by 1.5 %, because slightly too high is better than too low. */
const SAFETY_FACTOR = 1.015;
/** Extra tokens of a short text, fitted to the reference points. Beyond SHORT_TEXT_TOKENS, each token takes a tenth off. */
const SHORT_TEXT_EXTRA = 1.3;
const SHORT_TEXT_TOKENS = 7;
const EXTRA_DECREASE_PER_TOKEN = 0.1;

/**
 * Estimates the number of tokens of a text that arrives in pieces, by Gemini's tokenizer. The result doesn't depend on the pieces, and it never
 * decreases. It takes one pass in linear time.
 *
 * The tokenizer has 256,000 tokens. Usually a word of a Latin script with the space before it is one, and so are a run of marks, a run of line
 * ends and each digit; the weights express the exceptions. They were fitted, by least absolute relative error, to texts counted by the
 * open tokenizer of the same family, and rounded. docs/token-estimate.md has the texts, figures and errors.
 */
export class TokenEstimate {
  #hundredths = 0;
  #kind = START;
  #unit = 0;
  /** The length of the current word, indent or run of marks. */
  #run = 0;
  #hasAccent = false;

  add(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      const kind = KINDS[unit] as number;
      if (kind === LOW_SURROGATE) continue;
      this.#hundredths += this.#weigh(kind, unit);
      this.#kind = kind;
      this.#unit = unit;
    }
  }

  get tokens(): number {
    if (this.#hundredths === 0) return 0;
    const tokens = (this.#hundredths / 100) * SAFETY_FACTOR;
    const beyondShort = Math.max(0, tokens - SHORT_TEXT_TOKENS);
    const extra = Math.max(0, SHORT_TEXT_EXTRA - beyondShort * EXTRA_DECREASE_PER_TOKEN);
    return Math.ceil(tokens + extra);
  }

  #weigh(kind: number, unit: number): number {
    switch (kind) {
      case LOWER:
      case UPPER:
      case ACCENTED:
        return this.#weighLetter(kind);
      case DIGIT:
        return ONE + this.#loneSpace();
      case SPACE:
        this.#run = this.#kind === SPACE ? this.#run + 1 : 1;
        return this.#run % MAX_INDENT === 2 ? ONE : 0;
      case LINE_END:
        if (this.#kind !== LINE_END) return ONE;
        return unit === this.#unit ? FURTHER_LINE : SECOND_LINE_END;
      case PUNCTUATION:
      case SYMBOL:
        return this.#weighMark(kind, unit);
      case HIGH_SURROGATE:
        return EMOJI + this.#loneSpace();
      default:
        return this.#weighScript(kind);
    }
  }

  #weighLetter(kind: number): number {
    let weight = 0;
    if (this.#kind > ACCENTED) {
      this.#run = 0;
      this.#hasAccent = false;
      const isApart = this.#kind === SPACE || this.#kind === LINE_END || this.#kind === START;
      weight = isApart ? ONE : ONE + UNSPACED_WORD;
    } else if (kind === UPPER && this.#kind === LOWER) weight = CAMEL_HUMP;
    this.#run += 1;
    if (this.#run > LONG_WORD_LETTERS) weight += FURTHER_LETTER;
    if (kind === ACCENTED && !this.#hasAccent) {
      this.#hasAccent = true;
      weight += ACCENT;
    }
    return weight;
  }

  #weighMark(kind: number, unit: number): number {
    const first = kind === SYMBOL ? SIGN : ONE;
    if (this.#kind !== kind) {
      const weight = first + this.#loneSpace();
      this.#run = 1;
      return weight;
    }
    this.#run += 1;
    if (unit === this.#unit) return this.#run <= REPEATED_MARK_LIMIT ? REPEATED_MARK : REPEATED_MARK / 5;
    if (kind === SYMBOL) return SIGN;
    return this.#run > RUN_OF_MARKS ? FURTHER_MARK : 0;
  }

  #weighScript(kind: number): number {
    const { word, letter } = SCRIPTS[kind - FIRST_SCRIPT] as (typeof SCRIPTS)[number];
    return this.#kind === kind ? letter : word + letter;
  }

  #loneSpace(): number {
    return this.#kind === SPACE && this.#run === 1 ? LONE_SPACE : 0;
  }
}

/** Estimates the tokens of a text. "Hello world" is 4, "Design an NFT 🎨 collection!" is 9. */
export function estimateTokens(text: string): number {
  const estimate = new TokenEstimate();
  estimate.add(text);
  return estimate.tokens;
}

/** Source: ai.google.dev, "Image understanding". The minimum applies since Gemini 3. */
const TILE_TOKENS = 258;
const MIN_IMAGE_TOKENS = 1120;
const MIN_TILE_PIXELS = 256;
const MAX_TILE_PIXELS = 768;
/** Assumed for an image of unknown size. */
const UNKNOWN_SIDE_PIXELS = 3000;

/**
 * Estimates the most tokens an image can have: 258 per tile. A tile's side is the image's shorter side divided by 1.5, from 256 to 768 pixels.
 * Gemini 3 and later models count 1120 for any size.
 */
export function estimateImageTokens({
  width,
  height,
}: {
  width: number | null;
  height: number | null;
}): number {
  const [across, down] = [width ?? UNKNOWN_SIDE_PIXELS, height ?? UNKNOWN_SIDE_PIXELS];
  const tile = Math.min(MAX_TILE_PIXELS, Math.max(MIN_TILE_PIXELS, Math.floor(Math.min(across, down) / 1.5)));
  const tiles = Math.ceil(across / tile) * Math.ceil(down / tile);
  return Math.max(MIN_IMAGE_TOKENS, tiles * TILE_TOKENS);
}

/** The usage of a reply whose service reported none. The prompt counts 10 tokens more than its texts. */
export function estimateUsage(prompt: number, outputTokens: number, thoughtTokens: number): Usage {
  const promptTokens = prompt + 10;
  return {
    promptTokens,
    cachedTokens: 0,
    outputTokens,
    thoughtTokens,
    toolUseTokens: 0,
    totalTokens: promptTokens + outputTokens + thoughtTokens,
  };
}

function kindsOfUnits(): Uint8Array {
  const kinds = new Uint8Array(0x1_0000).fill(SYMBOL);
  const set = (kind: number, from: number, to = from) => kinds.fill(kind, from, to + 1);
  set(PUNCTUATION, 0x00, 0x7f);
  set(LOWER, 0x61, 0x7a);
  set(UPPER, 0x41, 0x5a);
  set(DIGIT, 0x30, 0x39);
  set(SPACE, 0x20);
  set(SPACE, 0x09);
  set(LINE_END, 0x0a);
  set(LINE_END, 0x0d);
  // Latin letters with diacritics, and combining diacritics.
  set(ACCENTED, 0xc0, 0x24f);
  set(ACCENTED, 0x300, 0x36f);
  set(ACCENTED, 0x1e00, 0x1eff);
  set(SYMBOL, 0xd7);
  set(SYMBOL, 0xf7);
  set(HIGH_SURROGATE, 0xd800, 0xdbff);
  set(LOW_SURROGATE, 0xdc00, 0xdfff);
  for (const [index, { ranges }] of SCRIPTS.entries()) {
    for (const [from, to] of ranges) set(FIRST_SCRIPT + index, from, to);
  }
  return kinds;
}
