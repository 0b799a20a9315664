import { z } from 'zod';

/** Validation of an array stops after this many issues. */
export const MAX_ISSUES = 20;

const BoundedArray = z.core.$constructor<z.ZodArray, z.core.$ZodArrayDef>(
  'BoundedArray',
  (array, definition) => {
    z.ZodArray.init(array, definition);
    const parseWhole = array._zod.parse.bind(array._zod);
    const { element, checks } = definition;
    const maxItems = Math.min(...z.core.util.sizeCaps(checks).map(([max]) => max));
    array._zod.parse = (payload, context) => {
      const input = payload.value;
      // The base class refuses other types, and arrays that are too long, without a look at the items.
      if (!Array.isArray(input) || input.length > maxItems) {
        return parseWhole(payload, context);
      }
      const output: unknown[] = [];
      for (const [index, value] of input.entries()) {
        const item = element._zod.run({ value, issues: [] }, context);
        if (item instanceof Promise) throw new z.core.$ZodAsyncError();
        output.push(item.value);
        payload.issues.push(...z.core.util.prefixIssues(index, item.issues));
        if (payload.issues.length >= MAX_ISSUES) break;
      }
      payload.value = output;
      return payload;
    };
  },
);

/**
 * An array for request bodies. The cost of refusing it depends on its limits, not on what was sent: its length is checked
 * before its items, and validation stops after `MAX_ISSUES` issues.
 */
export function boundedArray<Item extends z.ZodType>(
  item: Item,
  { maxItems, message }: { maxItems: number; message?: string },
): z.ZodArray<Item> {
  return (new BoundedArray({ type: 'array', element: item }) as z.ZodArray<Item>).max(maxItems, message);
}
