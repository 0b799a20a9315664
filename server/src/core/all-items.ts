import type { Page } from '@millrace/protocol';
import type { PageQuery } from '../store/pages.ts';

const PAGE_SIZE = 1000;

/** Yields each item of a list, read page by page. */
export async function* eachItem<Item>(
  readPage: (page: PageQuery) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await readPage({ cursor, limit: PAGE_SIZE });
    yield* items;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** Reads all pages of a list. */
export async function allItems<Item>(readPage: (page: PageQuery) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of eachItem(readPage)) items.push(item);
  return items;
}
