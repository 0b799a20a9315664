import { expect, test } from 'vitest';
import { titleFromReply, titleFromQuestion } from './chat-title.ts';

const text = (said: string) => [{ type: 'text' as const, text: said }];

test.each([
  ['Watermills\n', 'Watermills'],
  ['"How mills work."', 'How mills work'],
  ['**Title:** Mills of the North', 'Mills of the North'],
  ['# Mills\n\nHere is why I chose it.', 'Mills'],
  ['Title: „Mühlen“', 'Mühlen'],
  ['«Moulins»', 'Moulins'],
  ['What is C#?', 'What is C#?'],
  ['snake_case in Python', 'snake_case in Python'],
  ['磨坊如何工作', '磨坊如何工作'],
  ['\0\nMi\0lls\u202e', 'Mills'],
  ['  ', null],
  ['"."', null],
])('the model’s reply %j gives the title %j', (reply, title) => {
  expect(titleFromReply(reply)).toBe(title);
});

test('a long title is cut at a word, and never inside a character', () => {
  expect(titleFromReply('word '.repeat(40))).toBe(`${'word '.repeat(11)}word…`);
  expect(titleFromQuestion(text('🌊'.repeat(50)))).toBe(`${'🌊'.repeat(30)}…`);
  expect(titleFromQuestion(text(`a${'🌊'.repeat(50)}`))).toBe(`a${'🌊'.repeat(29)}…`);
});

test('a question without text has the name of its file as title', () => {
  const file = { type: 'file' as const, name: 'notes.md', mimeType: 'text/plain', size: 1, url: '/x' };
  expect(titleFromQuestion([file, ...text('Read  this')])).toBe('Read this');
  expect(titleFromQuestion([file])).toBe('notes.md');
  expect(titleFromQuestion([])).toBe('');
});

test('a title has no characters that can’t be shown', () => {
  expect(titleFromQuestion(text('\0What is\r\n\ta \u202emill\u0007?'))).toBe('What is a mill?');
});
