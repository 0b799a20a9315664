import { describe, expect, test } from 'vitest';
import { allNeeds, chosenTestFiles, findTestFiles } from './test-files.mjs';

const pathsOf = (files) => files.map(({ path }) => path);

test('each test file is in one project, and those with two storages in two', () => {
  const combinations = new Set(findTestFiles().map(({ projects }) => projects.join(' + ')));
  expect([...combinations].sort()).toEqual([
    'api',
    'api + api-with-databases',
    'browser',
    'chaos',
    'databases',
    'properties',
    'unit',
  ]);
});

test('unit tests need no service', () => {
  expect(allNeeds(chosenTestFiles(['--project=properties']))).toEqual(new Set());
  const files = chosenTestFiles(['--project=unit']);
  expect(files.length).toBeGreaterThan(50);
  expect(allNeeds(files)).toEqual(new Set());
});

test('the API on SQLite needs no database, and on PostgreSQL and Redis needs both', () => {
  expect(allNeeds(chosenTestFiles(['test/api/chats.test.ts']))).toEqual(new Set());
  expect(allNeeds(chosenTestFiles(['./test/api/stop.test.ts:12']))).toEqual(new Set(['postgres', 'redis']));
});

test('a test that imports the browser needs Chromium and the web app', () => {
  expect(allNeeds(chosenTestFiles(['test/browser/chat.test.ts']))).toEqual(new Set(['chromium', 'webApp']));
});

describe('the arguments of Vitest', () => {
  test('without a path all files run', () => {
    expect(pathsOf(chosenTestFiles(['--watch', '-t', 'stop']))).toEqual(pathsOf(findTestFiles()));
  });

  test('a path is a part of the name of each file that runs', () => {
    expect(pathsOf(chosenTestFiles(['steps/words', '--bail', '1']))).toEqual([
      'scripts/steps/words.test.mjs',
    ]);
  });

  test('a project may end in a star', () => {
    const projects = chosenTestFiles(['--project=api*']).flatMap((file) => file.projects);
    expect(new Set(projects)).toEqual(new Set(['api', 'api-with-databases']));
  });
});
