#!/usr/bin/env node
// The published package is JavaScript. The repository has TypeScript, which the machine's own Node may be too old to run: this file then
// runs itself again on the Node of the `node` package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;

const source = new URL('../src/main.ts', import.meta.url);
const isPublished = !existsSync(source);
const major = Number(process.versions.node.split('.', 1)[0]);

if (major >= OLDEST_NODE) {
  const { main } = await import(isPublished ? new URL('../src/main.js', import.meta.url).href : source.href);
  await main();
} else if (isPublished) {
  process.stderr.write(
    `millrace: Node ${OLDEST_NODE} or later is required; this is ${process.versions.node}. (old_node)\n`,
  );
  process.exitCode = 1;
} else runOnOwnNode();

function runOnOwnNode() {
  const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
  const node = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit' });
  const isAtTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // A terminal sends Ctrl+C to the child too.
  process.on('SIGINT', () => isAtTerminal || child.kill('SIGINT'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
