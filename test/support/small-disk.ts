import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnChild } from './child-process.ts';

const SIZE = '24m';
/** What memory file systems give out at once. */
const PAGE_BYTES = 4096;
const MOUNT = `mount -t tmpfs -o size=${SIZE} tmpfs "$0"`;

interface Namespace {
  unshare: readonly string[];
  nsenter: readonly string[];
}

/** Without privileges, and as a root that may mount but not make user namespaces. */
const NAMESPACES: readonly Namespace[] = [
  {
    unshare: ['--user', '--map-root-user', '--mount'],
    nsenter: ['--user', '--mount', '--preserve-credentials'],
  },
  { unshare: ['--mount'], nsenter: ['--mount'] },
];

const namespace = NAMESPACES.find(canMount);

/** Why there are no small disks here; empty when there are. */
export const noSmallDisk = namespace === undefined ? 'nobody may mount here' : '';

/** A disk of some megabytes, to be seen by the processes that are run through it alone, and gone with it. */
export class SmallDisk {
  /** Where those processes see it. */
  readonly path: string;
  /** The command that runs another one there. */
  readonly through: readonly string[];
  readonly #holder: ChildProcess;
  /** Where everybody else sees it. */
  readonly #outside: string;

  private constructor(path: string, holder: ChildProcess, { nsenter }: Namespace) {
    this.path = path;
    this.through = ['nsenter', '--target', String(holder.pid), ...nsenter];
    this.#holder = holder;
    this.#outside = `/proc/${holder.pid}/root${path}`;
  }

  static async mount(): Promise<SmallDisk> {
    if (namespace === undefined) throw new Error(noSmallDisk);
    const path = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
    // It lives as long as somebody holds its other end.
    const holder = spawnChild(
      'unshare',
      [...namespace.unshare, 'sh', '-c', `${MOUNT} && echo mounted && exec cat`, path],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    if (holder.stdout === null) throw new Error('The holder of the disk has no stdout');
    await once(holder.stdout, 'data');
    return new SmallDisk(path, holder, namespace);
  }

  /** Takes all the space that is left. */
  fill(): void {
    const page = Buffer.alloc(PAGE_BYTES);
    const filler = openSync(this.#filler, 'w');
    try {
      for (;;) writeSync(filler, page);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(filler);
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(this.#filler);
  }

  async unmount(): Promise<void> {
    const exited = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exited;
    rmSync(this.path, { recursive: true });
  }

  get #filler(): string {
    return join(this.#outside, 'filler');
  }
}

function canMount({ unshare }: Namespace): boolean {
  const path = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  const { status } = spawnSync('unshare', [...unshare, 'sh', '-c', MOUNT, path]);
  rmSync(path, { recursive: true });
  return status === 0;
}
