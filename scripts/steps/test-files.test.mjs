import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { allNeeds, chosenTestFiles, findTestFiles, withTestsOfSources } from './test-files.mjs';

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

  test('a source file stands for the nearest tests that import it, and so does a folder of them', () => {
    const storeTests = [expect.stringMatching('sqlite-store.test.ts')];
    for (const path of ['server/src/store/rows.ts', './server/src/store/contracts/']) {
      expect(withTestsOfSources([path]), path).toEqual(expect.arrayContaining(storeTests));
    }
    const protocolTests = withTestsOfSources(['protocol/src/schemas/message.ts', '--bail', '1']);
    expect(protocolTests.slice(-2)).toEqual(['--bail', '1']);
    expect(protocolTests[0]).toMatch(/^protocol\/.*\.test\.ts$/);
  });

  test('paths of tests stay as they are', () => {
    const args = ['--project=unit', 'steps/words', './scripts/steps/test-files.test.mjs:12', '-t', 'stop'];
    expect(withTestsOfSources(args)).toEqual(args);
  });

  test('a path without a test ends the run, also beside others', () => {
    const script = `
      import { withTestsOfSources } from ${JSON.stringify(new URL('test-files.mjs', import.meta.url).href)};
      withTestsOfSources(['steps/words', 'server/nothing']);`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    expect({ status, stderr: String(stderr) }).toEqual({
      status: 1,
      stderr: 'millrace: No test file matches: server/nothing\n',
    });
  });

  test('a project may end in a star', () => {
    const projects = chosenTestFiles(['--project=api*']).flatMap((file) => file.projects);
    expect(new Set(projects)).toEqual(new Set(['api', 'api-with-databases']));
  });
});
