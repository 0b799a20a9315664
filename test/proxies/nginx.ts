import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const executable = process.env.MILLRACE_NGINX ?? '';

/** Why there is no nginx here; empty when there is. `npm test` finds it. */
export const noNginx = executable === '' ? 'no nginx' : '';

/** nginx in front of a server, on loopback, told no more than where the server is. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  /** @param settings lines of its `http` block besides those that Debian's configuration has */
  static async inFrontOf(upstream: string, settings = ''): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'));
    const url = `http://127.0.0.1:${await freePort()}`;
    const file = join(folder, 'nginx.conf');
    await writeFile(file, configuration(folder, new URL(url).host, upstream, settings));
    const child = spawn(executable, ['-p', folder, '-c', file, '-e', 'stderr']);
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await until('nginx listens', async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}:\n${said}`);
      return fetch(`${url}/health`).then(
        () => true,
        () => false,
      );
    });
    return new Nginx(url, async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
      await rm(folder, { recursive: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** Paths apart, the `http` block is Debian's. */
function configuration(folder: string, listen: string, upstream: string, settings: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  gzip on;
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${settings}
  server {
    listen ${listen};
    location / { proxy_pass ${upstream}; }
  }
}`;
}
