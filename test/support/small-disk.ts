import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnChild } from './child-process.ts';

const SIZE = '24m';
/** The allocation unit of memory file systems. */
const PAGE_BYTES = 4096;
const MOUNT = `mount -t tmpfs -o size=${SIZE} tmpfs "$0"`;

interface Namespace {
  unshare: readonly string[];
  nsenter: readonly string[];
}

/** Without privileges; and as root, who can mount, but perhaps not create user namespaces. */
const NAMESPACES: readonly Namespace[] = [
  {
    unshare: ['--user', '--map-root-user', '--mount'],
    nsenter: ['--user', '--mount', '--preserve-credentials'],
  },
  { unshare: ['--mount'], nsenter: ['--mount'] },
];

const namespace = NAMESPACES.find(canMount);

/** Why no small disk can be mounted here; empty if one can. */
export const noSmallDisk = namespace === undefined ? 'mounting is not permitted' : '';

/** A disk of some megabytes that only the processes started with `through` can see. */
export class SmallDisk {
  /** The path at which these processes see it. */
  readonly path: string;
  /** The command prefix that runs a program with this disk. */
  readonly through: readonly string[];
  readonly #holder: ChildProcess;
  /** The path at which all other processes see it. */
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
    // The disk exists until stdin of this process is closed.
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

  /** Fills the disk. */
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

  /** Frees the space again. */
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
