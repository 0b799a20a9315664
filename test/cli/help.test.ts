import { afterAll, beforeAll, expect, test } from 'vitest';
import { CommandLine } from '../support/command.ts';

const COMMANDS = [
  [],
  ['chat'],
  ['serve'],
  ['doctor'],
  ['export'],
  ['user'],
  ...['list', 'create', 'show', 'role', 'limit', 'grant', 'delete'].map((name) => ['user', name]),
  ['migrate'],
  ['key'],
  ...['create', 'list', 'revoke'].map((name) => ['key', name]),
  ['ledger'],
  ['ledger', 'check'],
];

let machine: CommandLine;
beforeAll(() => void (machine = new CommandLine()));
afterAll(() => machine[Symbol.dispose]());

test('every command prints its help on stdout', async () => {
  let all = '';
  for (const words of COMMANDS) {
    const { code, stdout, stderr } = await machine.run([...words, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    all += `$ millrace ${[...words, '--help'].join(' ')}\n${stdout}\n`;
  }
  // The list of settings is left out: it changes with every setting.
  const [before = '', after = ''] = all.split(
    /(?<=All settings, as environment variables[^\n]*\n)(?: {2}[^\n]*\n)+/,
  );
  expect(before + after).toMatchSnapshot();
});

test('`help <command>` is the same as `<command> --help`, and lists exactly the commands there are', async () => {
  expect(await machine.run(['help', 'key'])).toEqual(await machine.run(['key', '--help']));
  const { stdout } = await machine.run(['--help']);
  const listed = [...stdout.matchAll(/^ {2}(\w+) +\S/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  expect(new Set(listed)).toEqual(new Set(COMMANDS.flatMap((words) => words.slice(0, 1))));
});

test('the version is printed', async () => {
  expect((await machine.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('a reader that closes stdout is no error', async () => {
  const running = machine.start(['serve', '--help']);
  running.child.stdout?.destroy();
  expect(await running.finished).toMatchObject({ code: 0, stderr: '' });
});
