import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { Markdown } from './markdown.tsx';

const FENCE = '```';

const SAMPLE = `# A *heading*

Some **bold and *both*** with \`code\`, [a **link**](https://example.org/a_b), ~~gone~~ and 5 * 3 for $5.

- one
  - two **three
- \`four\`

| Name | Price |
| --- | ---: |
| **One** | $1 |

${FENCE}ts
const a = b ** 2; // **
${FENCE}

So $x^2$ and \\(y\\).

$$
\\frac{a}{b}
$$

${FENCE}mermaid
flowchart LR
${FENCE}

<b>raw</b> and a footnote.[^1]

[^1]: So.
`;

function markup(text: string, isRunning: boolean): string {
  return renderToStaticMarkup(<Markdown text={text} isRunning={isRunning} />);
}

/** The visible text without code and formulas. */
function shown(html: string): string {
  return html
    .replaceAll(/<(pre|code)\b[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<');
}

test('every state of a reply that is streamed letter by letter renders without unfinished syntax', () => {
  for (let length = 1; length <= SAMPLE.length; length += 1) {
    const text = shown(markup(SAMPLE.slice(0, length), true));
    expect(text, SAMPLE.slice(Math.max(0, length - 40), length)).not.toMatch(
      /\*\*(?!three)|~~|`|\||\$\$|\]\(|\\frac|streamdown/,
    );
  }
});

describe('text that could block the page for long is rendered quickly, with or without its formatting', () => {
  const LINES = Array.from({ length: 300 }, (_line, index) => `${'  '.repeat(index)}- a\n`).join('');
  test.each([
    ['>', '>'.repeat(10_000)],
    ['> ', '> '.repeat(10_000)],
    ['- ', '- '.repeat(10_000)],
    ['1. ', '1. '.repeat(10_000)],
    ['- in -', LINES],
    ['[', '['.repeat(10_000)],
    ['[…](y)', `${'['.repeat(1000)}${']'.repeat(1000)}(y)`],
    ['*a ', '*a '.repeat(10_000)],
    ['a**b', 'a**b'.repeat(10_000)],
    ['*_~~', '*_~~'.repeat(3000)],
    ['<div>', '<div>'.repeat(10_000)],
    ['`a', '`a'.repeat(10_000)],
    ['$a', '$a'.repeat(10_000)],
  ])('%s', (_name, text) => {
    expect(markup(text, true)).toContain('<');
    expect(markup(text, false)).toContain('<');
  });
});
