import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const PROCESSES = join(import.meta.dirname, '../../scripts/steps/processes.mjs');

interface Start {
  /** A command with arguments that runs the wrapper. */
  through?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

/** Runs a script that has `run` and `node`, as `scripts/run.mjs` does. */
function startWrapper(script: string, { through = [], env = process.env }: Start = {}) {
  const code = `
    import { run } from ${JSON.stringify(PROCESSES)};
    const node = (code) => run(process.execPath, ['--eval', code]);
    ${script}`;
  const [program, ...args] = [...through, process.execPath, '--input-type=module', '--eval', code];
  const wrapper = spawn(program ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
  let hasClosed = false;
  wrapper.on('close', () => (hasClosed = true));
  // With all it has started, should a test fail before they end.
  onTestFinished(() => {
    if (!hasClosed && wrapper.pid !== undefined) process.kill(-wrapper.pid, 'SIGKILL');
  });
  let output = '';
  wrapper.stdout.on('data', (bytes: Buffer) => void (output += bytes.toString()));
  const said = async (text: string) => {
    while (!output.includes(text)) await once(wrapper.stdout, 'data');
  };
  return { wrapper, said, output: () => output };
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s to the wrapper alone reaches what it runs', async (signal) => {
  const { wrapper, said, output } = startWrapper(`
    await node(\`
      process.once('${signal}', () => { console.log('told'); process.exit(0); });
      setInterval(() => {}, 1000);
      console.log('ready');\`);
    console.log('done');`);
  await said('ready');
  wrapper.kill(signal);
  const [code] = (await once(wrapper, 'close')) as [number | null];
  expect({ code, output: output() }).toEqual({ code: 0, output: 'ready\ntold\ndone\n' });
});

test.skipIf(process.platform === 'win32')(
  'SIGTERM to the shell of npm alone, as npm sends it, reaches what the wrapper runs',
  async () => {
    const { wrapper, said, output } = startWrapper(
      `await node(\`
        process.once('SIGTERM', () => { console.log('told'); process.exit(0); });
        setInterval(() => {}, 1000);
        console.log('ready');\`);`,
      // The second command keeps the shell from replacing itself with the first.
      {
        through: ['sh', '-c', '"$@"; true', 'sh'],
        env: { ...process.env, npm_lifecycle_event: 'start' },
      },
    );
    await said('ready');
    wrapper.kill('SIGTERM');
    await once(wrapper, 'close');
    expect(output()).toBe('ready\ntold\n');
  },
);

test('a process that has ended leaves no listener behind', async () => {
  const { wrapper, output } = startWrapper(`
    const before = process.listenerCount('SIGINT');
    for (let count = 0; count < 3; count += 1) await node('');
    console.log(process.listenerCount('SIGINT') - before);`);
  await once(wrapper, 'close');
  expect(output()).toBe('0\n');
});
