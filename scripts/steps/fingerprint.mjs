import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';

const IGNORED = new Set(['node_modules', 'dist', 'data']);

/** A hash over the content of files and folders, given relative to the root. */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) addTo(hash, path);
  return hash.digest('hex');
}

export function isStamped(stamp, value) {
  const path = join(root, stamp);
  return existsSync(path) && readFileSync(path, 'utf8') === value;
}

export function writeStamp(stamp, value) {
  writeFileSync(join(root, stamp), value);
}

function addTo(hash, path) {
  const full = join(root, path);
  if (statSync(full).isDirectory()) {
    for (const name of readdirSync(full).sort()) if (!IGNORED.has(name)) addTo(hash, `${path}/${name}`);
    return;
  }
  hash.update(path).update('\0').update(readFileSync(full)).update('\0');
}
