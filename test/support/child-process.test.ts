import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CHILD_PROCESS = join(import.meta.dirname, 'child-process.ts');

/** Starts a process that starts a child, prints the child's process id, and then runs `next`. */
async function startParent(next: string) {
  const code = `
    import { spawnChild } from ${JSON.stringify(CHILD_PROCESS)};
    const child = spawnChild(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    console.log(child.pid);
    setInterval(() => {}, 1000);
    ${next}`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  return { parent, childPid: Number(String(line)) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

test('a child ends with its parent when the parent exits', async () => {
  const { childPid } = await startParent('setTimeout(() => process.exit(1), 100);');
  await expect.poll(() => isRunning(childPid)).toBe(false);
});

// Only Linux can kill the child of a process that was killed itself.
test.runIf(process.platform === 'linux')(
  'a frozen child ends with its parent when the parent is killed',
  async () => {
    const { parent, childPid } = await startParent('');
    process.kill(childPid, 'SIGSTOP');
    expect(isRunning(childPid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(childPid)).toBe(false);
  },
);
