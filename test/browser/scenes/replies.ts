import type { Behaviour } from 'millrace-gemini-simulator';
import sharp from 'sharp';

/** A question and the model's reply in a scene. */
export interface Exchange {
  question: string;
  reply: Behaviour;
}

const CODE = `A debounced function waits until its callers have been quiet for a while, then runs **once**, with the last arguments:

\`\`\`typescript
export function debounce<Args extends unknown[]>(run: (...args: Args) => void, quietMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: Args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), quietMs);
  };
}
\`\`\`

Use it where something happens *often* and only the end of it matters:

\`\`\`typescript
const search = debounce((words: string) => showResults(words), 200);
input.addEventListener('input', () => search(input.value));
\`\`\`

`;

const TABLE = `| | Debounce | Throttle |
| --- | --- | --- |
| Runs | after a pause | at most once an interval |
| Good for | search boxes, saving | scrolling, dragging |
| First call | waits | runs at once |

1. Choose the pause by what people notice: \`200\` ms still feels immediate.
2. Cancel it when the page goes away.

> Timers keep their closures alive: forget the function, and forget its timer too.

See [the article on closures](https://example.org/closures) for why this works.`;

const SOURCES = [
  { web: { uri: 'https://example.org/debounce', title: 'Debouncing, explained' } },
  { web: { uri: 'https://example.org/timers', title: 'Timers and the event loop in browsers and servers' } },
];

/** A generated image: a water wheel above a stream. */
const PICTURE = await sharp(
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="720" height="280">
    <rect width="720" height="280" fill="#dcece8"/>
    <circle cx="560" cy="70" r="30" fill="#f3d9a4"/>
    <path d="M0 170 Q180 70 360 150 T720 120 V280 H0Z" fill="#9cc7bd"/>
    <g fill="none" stroke="#3b5f58" stroke-width="9">
      <circle cx="330" cy="150" r="82"/>
      <path d="M330 68V232M248 150H412M272 92 388 208M388 92 272 208" stroke-width="6"/>
    </g>
    <path d="M0 220 Q90 196 180 220 T360 220 T540 220 T720 220 V280 H0Z" fill="#0f6b64"/>
    <path d="M0 246 Q90 226 180 246 T360 246 T540 246 T720 246 V280 H0Z" fill="#0b5650"/>
  </svg>`),
)
  .png()
  .toBuffer();

/** Everything that a reply can show: thoughts, code, a table, a list, a quotation, links, an image and sources. */
export const RICH: Exchange = {
  question: 'Write a TypeScript function that debounces another, with a short example.',
  reply: {
    thoughts: ['They want a debounce with types. Keep it short, and show where one would use it.'],
    chunks: [CODE, TABLE],
    parts: [{ inlineData: { mimeType: 'image/png', data: PICTURE.toString('base64') } }],
    candidate: { groundingMetadata: { groundingChunks: SOURCES } },
  },
};

const WHEEL = `A water wheel turns **falling water** into something that can work.

1. The stream is led into a narrow channel, the *millrace*, so that it can't wander off.
2. It falls onto the paddles of the wheel. Water is heavy: each full bucket pulls its side down.
3. The wheel turns, and with it a shaft, gears, and at last the millstone.

The clever part is the channel. `;

/** A reply that stalls halfway. */
export const HALF: Exchange = {
  question: 'Explain how a water wheel turns a stream into power, for a ten-year-old.',
  reply: {
    chunks: [WHEEL, 'However the river rises or falls, what reaches the wheel is', ' steady.'],
    fault: { kind: 'stall', afterChunks: 2 },
  },
};

export const BROKEN: Exchange = {
  question: 'Plan a relaxed weekend in a city by the sea, hour by hour.',
  reply: {
    chunks: ['**Saturday, 9:00.** Coffee by the harbour, then a slow walk', ' along the pier.', ' And'],
    fault: { kind: 'error', error: '503', afterChunks: 2 },
  },
};

export const REFUSED: Exchange = { question: 'Are you there?', reply: { kind: 'error', error: '503' } };

export const HANGING: Exchange = { question: 'What is a millrace?', reply: { kind: 'hang' } };

const UNBROKEN = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(3);

/** Content that is hard to lay out: very long words, wide code and tables, and non-Latin scripts. */
export const STRANGE: Exchange = {
  question: `${UNBROKEN} https://example.org/${'very-long-path/'.repeat(12)}`,
  reply: {
    text: `${UNBROKEN}

# 水车是怎样工作的？

水车把流水的力量变成可以做工的动力。水流进入狭窄的水渠，落在轮叶上，轮子就转动起来。

كيف تعمل الناعورة؟ يسقط الماء على الشفرات فتدور العجلة، ثم تدور معها **حجر الرحى**.

- מים נופלים על הכפות, והגלגל מסתובב.
- \`${'inline-code-without-end-'.repeat(8)}\`

\`\`\`
${'a line of code that is much wider than any screen it is shown on '.repeat(4)}
\`\`\`

| Column one | Column two | Column three | Column four | Column five | Column six |
| --- | --- | --- | --- | --- | --- |
| ${'wide '.repeat(8)} | 2 | 3 | ${UNBROKEN} | 5 | 6 |
`,
  },
};
