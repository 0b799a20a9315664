import { describe, expect, test } from 'vitest';
import { SectionSplitter } from './section-splitter.ts';

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_item, index) => `Paragraph ${index}, *and* so on.\n\n`).join('');

describe('the sections of a reply', () => {
  const text = `${paragraphs(40)}\`\`\`ts\nconst one = 1;\n\nconst two = 2;\n\`\`\`\n\n- a\n\n- b\n\n${paragraphs(30)}The end.`;

  test('joined are the text, and finished sections stay the same while it grows', () => {
    const splitter = new SectionSplitter();
    let before: readonly string[] = [];
    for (let length = 0; length <= text.length; length += 7) {
      const now = splitter.split(text.slice(0, length));
      expect(now.join('')).toBe(text.slice(0, length));
      const finished = before.slice(0, -1);
      expect(now.slice(0, finished.length)).toEqual(finished);
      before = now;
    }
    expect(before.length).toBeGreaterThan(5);
  });

  test('never split a code block or a list', () => {
    const splitter = new SectionSplitter();
    const long = `${paragraphs(5)}\`\`\`\n${'line\n\n'.repeat(60)}\`\`\`\n\n${'- item\n\n'.repeat(60)}\nAfter.\n\n${paragraphs(20)}`;
    let all: readonly string[] = [];
    for (let length = 0; length <= long.length; length += 11) all = splitter.split(long.slice(0, length));
    all = splitter.split(long);
    expect(all.filter((section) => section.includes('line')).length).toBe(1);
    expect(all.filter((section) => section.includes('item')).length).toBe(1);
  });

  test('are one if the text has footnotes or link definitions, even when these come late', () => {
    for (const late of ['\n\n[^1]: A note.', '\n\n[there]: https://example.org']) {
      const splitter = new SectionSplitter();
      expect(splitter.split(`See [there]. ${paragraphs(60)}`).length).toBeGreaterThan(1);
      expect(splitter.split(`See [there]. ${paragraphs(60)}${late}`)).toHaveLength(1);
    }
  });

  test('start again with a different text', () => {
    const splitter = new SectionSplitter();
    splitter.split(paragraphs(60));
    expect(splitter.split('Something else.')).toEqual(['Something else.']);
  });
});
