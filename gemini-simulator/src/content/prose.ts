import { readFileSync } from 'node:fs';
import phrases from '../../data/prose/phrases.json' with { type: 'json' };
import { seededRandom } from './seeded-random.ts';

/** Which answer a question gets; the first that fits. */
const answers: [keywords: RegExp, answer: string][] = [
  [
    /^\s*(hi|hello|hey|hiya|yo|good (morning|afternoon|evening)|hallo|hola|bonjour|ciao)\b.{0,30}$/i,
    'greeting',
  ],
  [/^\s*(你好|您好|こんにちは|안녕).{0,20}$/, 'greeting'],
  [/\b(long|longer|epic)\b.*\b(story|tale|text|answer|reply|essay)\b/is, 'long-story'],
  [/\b(story|tale|poem|fable|bedtime)\b|故事|物語/i, 'story'],
  [/\b(table|compare|comparison|versus|vs)\b|表/i, 'table'],
  [/\b(code|function|program|script|python|typescript|javascript|regex|sql)\b/i, 'code'],
  [/\b(list|steps?|how (do|does|can|to)|explain|plan|ideas?|tips)\b/i, 'steps'],
];

/**
 * The demo model's answer, the same for the same seed and question. It is Markdown, quotes the
 * question, and never pretends to have understood it. `{{name}}` in a text of `data/prose/` is a value
 * of this function, else one of the phrases by that name, else a file.
 *
 * @param attachments the MIME types of the files that came with the question.
 */
export function writeProse(question: string, seed: number, attachments: string[] = []): string {
  const random = seededRandom(seed, question);
  const quoted = oneLine(question);
  const hello = /^\s*(你好|您好|こんにちは|안녕하세요|안녕|hallo|hola|bonjour|ciao)/i.exec(question)?.[1];
  const language = /\b(python|sql|typescript)\b/i.exec(question)?.[1]?.toLowerCase();
  const values: Record<string, string | undefined> = {
    quoted: quoted && `> ${quoted}\n\n`,
    attachments: attachments.join(', '),
    seen: attachments.length > 0 ? undefined : '',
    hello: hello && hello.charAt(0).toUpperCase() + hello.slice(1),
    'code-sample': language && readText(`code-${language}`),
  };
  const variants: Record<string, string[]> = phrases;
  const write = (name: string): string => {
    const choice = variants[name] ?? [readText(name)];
    return choice[Math.floor(random() * choice.length)] ?? '';
  };
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([\w-]+)\}\}/g, (_match, name: string) => values[name] ?? fill(write(name)));
  return fill(write(answers.find(([keywords]) => keywords.test(question))?.[1] ?? 'explanation'));
}

function readText(name: string): string {
  return readFileSync(new URL(`../../data/prose/${name}.md`, import.meta.url), 'utf8').trim();
}

/** At most 160 characters. */
function oneLine(text: string): string {
  const characters = Array.from(text.slice(0, 2000).replaceAll(/\s+/g, ' ').trim());
  return characters.length > 160 ? `${characters.slice(0, 159).join('')}…` : characters.join('');
}
