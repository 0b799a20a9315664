import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { root, runTool, say } from './processes.mjs';

const STAMP = 'web/dist/.millrace-built';

/** Builds the web app, unless its sources are unchanged. */
export async function buildWebApp() {
  const wanted = fingerprint(['web', 'client/src', 'protocol/src', 'package-lock.json']);
  if (isStamped(STAMP, wanted)) return;
  say('building the web app (once, and after each change of it)');
  // The caller can be a test, which has another NODE_ENV.
  await runTool('vite', ['build', 'web', '--logLevel', 'warn'], { NODE_ENV: 'production' });
  compress(join(root, 'web/dist'));
  writeStamp(STAMP, wanted);
}

/** Writes each text file compressed beside itself, for the server to send. */
function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}
