import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const PROCESSES = join(import.meta.dirname, '../../scripts/steps/processes.mjs');

/** Runs a script that has `run` and `node`, as `scripts/run.mjs` does. */
function startWrapper(script: string) {
  const code = `
    import { run } from ${JSON.stringify(PROCESSES)};
    const node = (code) => run(process.execPath, ['--eval', code]);
    ${script}`;
  const wrapper = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // With all it has started, should a test fail before they end.
  onTestFinished(() => {
    if (wrapper.exitCode === null && wrapper.pid !== undefined) process.kill(-wrapper.pid, 'SIGKILL');
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
  const [code] = (await once(wrapper, 'exit')) as [number | null];
  expect({ code, output: output() }).toEqual({ code: 0, output: 'ready\ntold\ndone\n' });
});

test('a process that has ended leaves no listener behind', async () => {
  const { wrapper, output } = startWrapper(`
    const before = process.listenerCount('SIGINT');
    for (let count = 0; count < 3; count += 1) await node('');
    console.log(process.listenerCount('SIGINT') - before);`);
  await once(wrapper, 'close');
  expect(output()).toBe('0\n');
});
