import { readFileSync } from 'node:fs';
import type { ModelPrices } from '@millrace/protocol';
import { validate } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { Prices } from '../../ports/prices.ts';

export class PriceListError extends Error {
  override readonly name = 'PriceListError';
}

const BUILT_IN = new URL('../../../prices.json', import.meta.url);

/** Dollars with up to six decimals, which is a micro-dollar. */
const dollars = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be dollars such as "0.75", not negative')
  .transform(toMicros);

const entry = z.strictObject({
  from: z.iso.date(),
  input: dollars,
  output: dollars,
  cached: dollars,
});

const listSchema = z.strictObject({
  $comment: z.string().optional(),
  models: z.record(
    z.string().min(1),
    z
      .array(entry)
      .min(1)
      .refine(
        (entries) =>
          entries.every(({ from }, index) => index === 0 || (entries[index - 1]?.from ?? '') < from),
        'must be in the order of their dates, each date once',
      ),
  ),
});

type Entries = z.output<typeof entry>[];

/** Prices with the dates from which they apply. Each applies until the next, so there are no gaps. */
export class PriceList implements Prices {
  readonly #models: ReadonlyMap<string, Entries>;

  /** @param json see server/prices.json @throws PriceListError with the path of the error */
  constructor(json: string) {
    this.#models = new Map(Object.entries(parse(json).models));
  }

  /** @param file null for the built-in list. @throws PriceListError */
  static read(file: string | null): PriceList {
    let json: string;
    try {
      json = readFileSync(file ?? BUILT_IN, 'utf8');
    } catch (cause) {
      throw new PriceListError('the file cannot be read', { cause });
    }
    return new PriceList(json);
  }

  of(model: string, at: number): ModelPrices | null {
    const today = new Date(at).toISOString().slice(0, 10);
    const entries = this.#models.get(model) ?? this.#models.get(withoutVersion(model));
    const current = entries?.findLast(({ from }) => from <= today);
    if (current === undefined) return null;
    const { input, output, cached } = current;
    return { input, output, cached };
  }
}

/** `gemini-3.8-flash-002` is a version of `gemini-3.8-flash`, and costs the same. */
function withoutVersion(model: string): string {
  return model.replace(/^models\//, '').replace(/-\d{3}$/, '');
}

function parse(json: string): z.output<typeof listSchema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new PriceListError('it is not valid JSON', { cause });
  }
  const result = validate(listSchema, value);
  if ('data' in result) return result.data;
  const [error] = result.errors;
  throw new PriceListError(`${error?.path ?? ''}: ${error?.message ?? 'is not valid'}`);
}

/** Dollars as micro-dollars. */
function toMicros(text: string): number {
  const [whole = '', decimals = ''] = text.split('.');
  return Number(whole) * 1_000_000 + Number(decimals.padEnd(6, '0'));
}
