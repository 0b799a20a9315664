import { describe, expect, test } from 'vitest';
import { SectionSplitter } from './section-splitter.ts';

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_item, index) => `Paragraph ${index}, *and* so on.\n\n`).join('');

describe('the chapters of a reply', () => {
  const text = `${paragraphs(40)}\`\`\`ts\nconst one = 1;\n\nconst two = 2;\n\`\`\`\n\n- a\n\n- b\n\n${paragraphs(30)}The end.`;

  test('are the text, and once finished they stay as they are while it grows', () => {
    const chapters = new SectionSplitter();
    let before: readonly string[] = [];
    for (let length = 0; length <= text.length; length += 7) {
      const now = chapters.cut(text.slice(0, length));
      expect(now.join('')).toBe(text.slice(0, length));
      const finished = before.slice(0, -1);
      expect(now.slice(0, finished.length)).toEqual(finished);
      before = now;
    }
    expect(before.length).toBeGreaterThan(5);
  });

  test('never part a fence or a list', () => {
    const chapters = new SectionSplitter();
    const long = `${paragraphs(5)}\`\`\`\n${'line\n\n'.repeat(60)}\`\`\`\n\n${'- item\n\n'.repeat(60)}\nAfter.\n\n${paragraphs(20)}`;
    let all: readonly string[] = [];
    for (let length = 0; length <= long.length; length += 11) all = chapters.cut(long.slice(0, length));
    all = chapters.cut(long);
    expect(all.filter((chapter) => chapter.includes('line')).length).toBe(1);
    expect(all.filter((chapter) => chapter.includes('item')).length).toBe(1);
  });

  test('are one where notes or addresses stand far from what they belong to, also when they come late', () => {
    for (const late of ['\n\n[^1]: A note.', '\n\n[there]: https://example.org']) {
      const chapters = new SectionSplitter();
      expect(chapters.cut(`See [there]. ${paragraphs(60)}`).length).toBeGreaterThan(1);
      expect(chapters.cut(`See [there]. ${paragraphs(60)}${late}`)).toHaveLength(1);
    }
  });

  test('are begun anew with another text', () => {
    const chapters = new SectionSplitter();
    chapters.cut(paragraphs(60));
    expect(chapters.cut('Something else.')).toEqual(['Something else.']);
  });
});
