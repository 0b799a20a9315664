import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder that only its owner can use, and the folders above it, unless they exist. The option `recursive` of Node
 * does the same, but never returns where the file system allows no folders, for example in /proc.
 * @throws the error of the file system
 */
export function createPrivateFolder(path: string): void {
  try {
    createOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    createPrivateFolder(parent);
    createOne(path);
  }
}

/** A file in its place is noticed when the folder is used. */
function createOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
