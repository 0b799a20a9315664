import { readFileSync } from 'node:fs';
import answers from '../../data/prose/answers.json' with { type: 'json' };
import phrases from '../../data/prose/phrases.json' with { type: 'json' };
import topic from '../../data/prose/topic.json' with { type: 'json' };
import { seededRandom } from './chunk-text.ts';

/**
 * The demo model's answer: Markdown that quotes the question without pretending to understand it. The same seed and
 * question give the same answer. `answers.json` maps patterns to answers; the first pattern that matches the question wins.
 * `{{name}}` in a text of `data/prose/` is a value of this function, else one of the phrases with that name, else a file.
 *
 * @param attachments the MIME types of the question's files
 */
export function writeProse(question: string, seed: number, attachments: string[]): string {
  const random = seededRandom(seed, question);
  const quoted = Array.from(question.slice(0, 2000).replaceAll(/\s+/g, ' ').trim());
  const shortened = quoted.length > 160 ? [...quoted.slice(0, 159), '…'] : quoted;
  const hello = /^\s*(你好|您好|こんにちは|안녕하세요|안녕|hallo|hola|bonjour|ciao)/i.exec(question)?.[1];
  const language = /\b(python|sql|typescript)\b/i.exec(question)?.[1]?.toLowerCase();
  const values: Record<string, string | undefined> = {
    quoted: quoted.length === 0 ? '' : `> ${shortened.join('')}\n\n`,
    attachments: attachments.join(', '),
    seen: attachments.length > 0 ? undefined : '',
    hello: hello && capitalize(hello),
    topic: capitalize(new RegExp(topic, 'i').exec(question)?.[1] ?? 'A chat'),
    'code-sample': language && readText(`code-${language}`),
  };
  const variants: Record<string, string[]> = phrases;
  const write = (name: string): string => {
    const choice = variants[name] ?? [readText(name)];
    return choice[Math.floor(random() * choice.length)] ?? '';
  };
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([\w-]+)\}\}/g, (_match, name: string) => values[name] ?? fill(write(name)));
  const [, answer = ''] = answers.find(([pattern = '']) => new RegExp(pattern, 'i').test(question)) ?? [];
  return fill(write(answer));
}

const capitalize = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

function readText(name: string): string {
  return readFileSync(new URL(`../../data/prose/${name}.md`, import.meta.url), 'utf8').trim();
}
