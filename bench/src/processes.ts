import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Started {
  child: ChildProcess;
  url: string;
}

/** Starts a TypeScript file as a process of its own, and waits for the address it prints. */
export function startProcess(file: string, environment: Record<string, string>): Promise<Started> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
      const [url] = /http:\/\/[^\s"]+/.exec(output) ?? [];
      if (url !== undefined) resolve({ child, url });
    });
    child.on('exit', (code) => reject(new Error(`${file} ended with ${code}: ${output}`)));
  });
}
