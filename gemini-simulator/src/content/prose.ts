import { codeSample } from './code-samples.ts';
import { type Random, pick, seededRandom } from './seeded-random.ts';
import { longStory, shortStory } from './story.ts';

/** The asker's words, ready to be quoted, and what goes with them. */
interface Question {
  text: string;
  quoted: string;
  attachments: string[];
  random: Random;
}

/**
 * The demo model's answer, the same for the same seed and question. It is Markdown, quotes the
 * question, and never pretends to have understood it.
 *
 * @param attachments the MIME types of the files that came with the question.
 */
export function writeProse(text: string, seed: number, attachments: string[] = []): string {
  const random = seededRandom(seed, text);
  const question: Question = { text, quoted: quote(text), attachments, random };
  const template = templates.find(([keywords]) => keywords.test(text));
  return (template?.[1] ?? explain)(question).trim();
}

const templates: [keywords: RegExp, write: (question: Question) => string][] = [
  [/^\s*(hi|hello|hey|hiya|yo|good (morning|afternoon|evening)|hallo|hola|bonjour|ciao)\b.{0,30}$/i, greet],
  [/^\s*(你好|您好|こんにちは|안녕).{0,20}$/, greet],
  [/\b(long|longer|epic)\b.*\b(story|tale|text|answer|reply|essay)\b/is, tellLongStory],
  [/\b(story|tale|poem|fable|bedtime)\b|故事|物語/i, tellShortStory],
  [/\b(table|compare|comparison|versus|vs)\b|表/i, drawTable],
  [/\b(code|function|program|script|python|typescript|javascript|regex|sql)\b/i, showCode],
  [/\b(list|steps?|how (do|does|can|to)|explain|plan|ideas?|tips)\b/i, listSteps],
];

function greet({ text, random }: Question): string {
  const own = /^\s*(你好|您好|こんにちは|안녕하세요|안녕|hallo|hola|bonjour|ciao)/i.exec(text)?.[1];
  const hello = own
    ? own.charAt(0).toUpperCase() + own.slice(1)
    : pick(random, ['Hello', 'Hi', 'Hello there']);
  return `
${hello}! 👋 Nice to meet you.

I'm **Millrace's demo model**. I answer while no API key is set, so that you can see how a reply arrives. I don't understand questions, but I stream beautifully. Set \`GEMINI_API_KEY\` and restart, and Gemini answers in my place.

Until then, three things are worth a try:

- **Ask for a long story**, and reload the page in the middle of it. The reply carries on where it was. 🌊
- **Open this chat in a second tab.** Both tabs follow the same reply.
- **Press Stop.** What has been written so far stays, and only that is counted.

You can also ask me for *some code*, *a table* or *a list of steps*.`;
}

function explain(question: Question): string {
  const extra = pick(question.random, [
    sampleTable,
    () => codeSample(question.text, question.random),
    polyglot,
  ]);
  return `
## ${pick(question.random, ['A demo answer', 'What I can tell you', 'A reply from the mill'])}

${opening(question)}

${pick(question.random, [
  "So rather than make something up, let me tell you about the channel you're reading through.",
  "I'd rather not invent an answer, so here is something I do know: how these words reached you.",
  'An invented answer would help nobody. Here is a true one instead, about the stream itself.',
])}

### How this reply reaches you

1. **It is written to a log first.** Every piece gets a number before anyone sees it.
2. **Then it is sent to whoever reads.** Your tab is one reader; there may be many.
3. **If the connection breaks**, your browser asks for what came after the last number it has, and nothing is lost or repeated.

${extra()}

${closing(question.random)}`;
}

function listSteps(question: Question): string {
  return `
## Step by step

${opening(question)} What I can offer is a short list of steps that are sure to work here:

1. **Ask for something long**, such as “tell me a long story”.
2. **Reload the page** while it is being written. ✨ It goes on from the same word.
3. **Open the chat in another tab**, or on another device, and watch both.
4. **Stop the reply** and look: the partial text is kept.
5. **Set \`GEMINI_API_KEY\`** and restart, and ask your question again.

> **Tip:** nothing above depends on the model. It works the same way with Gemini.

${closing(question.random)}`;
}

function drawTable(question: Question): string {
  return `
## A table, as asked

${opening(question)} Here is one that I always carry with me:

${sampleTable()}

Tables arrive row by row, so for a moment the last one is incomplete. A good reader draws it anyway.

${closing(question.random)}`;
}

function showCode(question: Question): string {
  return `
## Some code

${opening(question)} I didn't write this for you, but it is real code and it runs:

${codeSample(question.text, question.random)}

A few things to notice:

- The opening fence comes long before the closing one, so the page draws **a block that isn't finished yet**.
- Indentation and blank lines arrive exactly as they were sent.
- Copy it and run it: not a character is missing, however often the connection broke.

${closing(question.random)}`;
}

function tellShortStory(question: Question): string {
  return `## The miller's stream\n\n${opening(question)} There is one story I know by heart:\n\n${shortStory}\n\n${closing(question.random)}`;
}

function tellLongStory(question: Question): string {
  return `# The miller's stream\n\n${opening(question)} But I do know one long story, and it is a good one to **reload the page** in. 📖\n\n${longStory}\n\n---\n\n${closing(question.random)}`;
}

function opening({ quoted, attachments, random }: Question): string {
  const seen =
    attachments.length > 0
      ? ` I see what you attached (${attachments.join(', ')}) but can't look inside.`
      : '';
  const honest = pick(random, [
    "That deserves a real model, and I'm only **Millrace's demo model**: I can quote your question but not understand it. With `GEMINI_API_KEY` set, Gemini answers it.",
    "I'm **Millrace's demo model**, so I can repeat this but not think about it. Set `GEMINI_API_KEY` and restart to have Gemini answer.",
    "A fair question for Gemini, which answers here as soon as `GEMINI_API_KEY` is set. I'm only **Millrace's demo model**, and my answers are prepared.",
  ]);
  return quoted ? `> ${quoted}\n\n${honest}${seen}` : `${honest}${seen}`;
}

function closing(random: Random): string {
  return pick(random, [
    'Ask me something else, or try “tell me a long story” and close the lid of your laptop halfway. 🌾',
    'Try “show me some code”, “draw a table” or “tell me a long story” next. 🚀',
    'That was all from the demo. The stream is real, though. 水は流れる 💧',
  ]);
}

function sampleTable(): string {
  return `
| Language | Stream | Mill | Hello |
| :-- | :-- | :-- | --: |
| English | stream | mill | Hello 👋 |
| Deutsch | Bach | Mühle | Hallo |
| Français | ruisseau | moulin | Bonjour |
| 日本語 | 小川 | 水車 | こんにちは |
| 中文 | 溪流 | 水磨 | 你好 |
| 한국어 | 시냇물 | 물레방아 | 안녕하세요 |`.trim();
}

function polyglot(): string {
  return `
Characters of every kind make the journey whole, wherever the stream is cut: 水車は休まず回る, 流水不腐, 물은 흐른다, naïve café, and an emoji made of several: 👩‍🌾.`.trim();
}

/** One line of at most 160 characters. */
function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const characters = Array.from(line.slice(0, 400));
  return characters.length > 160 ? `${characters.slice(0, 159).join('')}…` : line;
}
