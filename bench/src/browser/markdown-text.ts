const FENCE = '```';

/** The building blocks of a long reply. ASCII. */
const SECTION = `## The mill and its wheel

The river turns the **wheel**, and the wheel turns the *stone* by [two gears](https://example.org/gears), of which \`one\` is wood.
Nobody who has heard it forgets **how *slowly* it begins**.

- The race is dug first, 3 feet deep
- then the wheel is hung, which costs $500
  - oak for the shaft
  - elm for the paddles

| Part | Wood | Years |
| --- | --- | ---: |
| Shaft | oak | 40 |
| Paddle | elm | 12 |

${FENCE}ts
export function turns(flow: number, radius: number): number {
  return flow / (2 * Math.PI * radius); // a minute
}
${FENCE}

`;

/** Markdown of the given number of characters. */
export function markdownText(length: number): string {
  return SECTION.repeat(Math.ceil(length / SECTION.length)).slice(0, length);
}
