import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findWords, toMatcher } from './words.mjs';

const { rules } = JSON.parse(readFileSync(new URL('../words.json', import.meta.url), 'utf8'));
const matchers = rules.map(toMatcher);
const wordsIn = (text, path = 'file.ts') => findWords(text, path, matchers).map(({ word }) => word);

test.each([
  ['// Whoever asks gets it.', 'Whoever'],
  ['/** The heir of a node. */', 'heir'],
  ['const HEIR = 2;', 'HEIR'],
  ['// A node that was struck\n  // off writes nothing.', 'struck // off'],
  ['const STOP_PATIENCE = 3;', 'STOP_PATIENCE'],
  ['interface KeptReply {}', 'KeptReply'],
  ['const kept = new Map();', 'kept'],
  ['tellChannel(chat);', 'tellChannel'],
  ['if (model.heedsTotal) {}', 'heedsTotal'],
  ['const { told } = reply;', 'told'],
  ['new Aside()', 'Aside'],
  ['// The dialects of other servers.', 'dialects'],
  ['// It goes on with the next one.', 'goes on with'],
  ['/** Those that wait share a commit. */', '* Those that'],
  ['throw new Error("That is none of ours.")', 'none of ours'],
  ["test('somebody else’s chat is refused', () => {});", 'somebody else’s'],
  ['// A host is accepted by whatever name it has.', 'by whatever'],
  ['// The reader gets the rest, whatever it has seen.', 'whatever it has'],
  ["test('a pass that is none is refused', () => {});", 'that is none'],
  ['// A frame bears the last id.', 'bears'],
  ['// Its text was thrown away.', 'thrown away'],
  ['/** Nothing is written down. */', 'written down'],
  ['// A quota called so.', 'called so'],
  ['// Its address is nobody’s to see.', 'is nobody’s'],
  ['// A refused request counts for nothing.', 'counts for nothing'],
  ['/** The same but for what is given. */', 'but for what'],
  ['/** Leaves after so many events. */', 'after so many'],
  ['// Drifts by 0.1 ms a second at most.', 'a second at most'],
  ['/** What became of an attempt. */', 'What became of'],
  ['// Thus it ends.', 'Thus'],
  ['// A request that was sent all the same.', 'all the same'],
  ['// From A to B, and the other way round.', 'the other way round'],
  ['const dear = await ask();', 'dear'],
  ['for (const deed of actions) {}', 'deed'],
  ['expect(await checkBooks()).toEqual(books);', 'checkBooks', 'books'],
  ["test('goes on where the reader was', () => {});", 'goes on where'],
  ["// What comes of a model's faults.", 'What comes of'],
  ['// The caller is told so.', 'is told so'],
  ['// The model that answers, by its own account.', 'by its own account'],
  ['// Every answer has the names of today.', 'names of today'],
  ["test('a reader of the standard gets the lines', () => {});", 'a reader of the standard'],
  ['interface Habits {}', 'Habits'],
  ['const LINK_WEATHER: Weather = {};', 'LINK_WEATHER', 'Weather'],
  ['proxy.calm();', 'calm'],
])('%j is found', (text, ...words) => expect(wordsIn(text)).toEqual(words));

test.each([
  ['// The log is kept until the chat is deleted.'],
  ["test('the reply is told apart from others', () => {});"],
  ['const text = `Nothing in this place is kept aside.`;'],
  ['// Kysely has a dialect for each database.'],
  ['const dialect = new SqliteDialect({ database });'],
  ['/* A place, later, a verdict: ordinary words. */'],
  ['const pattern = /told|kept/;'],
  ['/** All events, except those that a crash has lost. */'],
  ['const isStored = parts.some(({ stored }) => stored);'],
  ['// The call may fail, whatever the reason. There are so many events that it takes seconds.'],
  ["// The habits of a fake: a calm 'Fate' in the weather."],
  ['// Dear reader, deeds and books are ordinary words. The water goes on.'],
])('%j is fine', (text) => expect(wordsIn(text)).toEqual([]));

test('identifiers are those of code: a Markdown file may use an ordinary word with a capital letter', () => {
  expect(wordsIn('Kept until the end. Later, the Place is free.', 'README.md')).toEqual([]);
});

test('a test has no time limit of its own', () => {
  const text =
    "test('ends', async () => {\n}, 20_000);\npage.setDefaultTimeout(5000);\npage.setDefaultTimeout(WAIT_TIMEOUT_MS);";
  expect(wordsIn(text, 'test/browser/a.test.ts')).toEqual(['}, 20_000);', 'setDefaultTimeout(']);
  expect(wordsIn(text, 'server/src/a.ts')).toEqual([]);
});

test('the condition of a wait has a subject', () => {
  const text = "await until('it has ended', a);\nawait until('all replies are shown', b);";
  expect(wordsIn(text, 'test/api/a.test.ts')).toEqual(["until('it "]);
  expect(wordsIn(text, 'server/src/a.ts')).toEqual([]);
});

test('a finding has the file, the line and what to write instead', () => {
  expect(findWords('const a = 1;\n\n// whoever\n', 'server/src/a.ts', matchers)).toEqual([
    { path: 'server/src/a.ts', line: 3, word: 'whoever', instead: expect.stringContaining('the user') },
  ]);
});
