import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { spawnChild } from '../support/child-process.ts';

const DEPLOYED = join(import.meta.dirname, '../../deploy/nginx.conf');
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
  static inFrontOf(upstream: string, settings = ''): Promise<Nginx> {
    return Nginx.#start((folder, listen) => configuration(folder, listen, upstream, settings));
  }

  /** As docker-compose.yml has it, but for addresses, and in front of three nodes at most. */
  static async deployed(nodes: readonly string[]): Promise<Nginx> {
    const text = await readFile(DEPLOYED, 'utf8');
    return Nginx.#start((folder, listen) =>
      text
        .replace('events {', `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {`)
        .replace('http {', `http { ${temporaryPaths(folder)}`)
        .replace('listen 80;', `listen ${listen};`)
        // There are no names to look up, which only nginx 1.27.3 or later does again and again.
        .replace(/resolver .*;/, '')
        .replaceAll(/server millrace-(\d):4000 resolve(.*)/g, (_server, number: string, more: string) => {
          const node = nodes[Number(number) - 1];
          return node === undefined ? '' : `server ${new URL(node).host}${more}`;
        }),
    );
  }

  static async #start(configure: (folder: string, listen: string) => string): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'));
    // Started by root, it works as nobody, and keeps large bodies here.
    await chmod(folder, 0o755);
    const url = `http://127.0.0.1:${await freePort()}`;
    const file = join(folder, 'nginx.conf');
    await writeFile(file, configure(folder, new URL(url).host));
    const child = spawnChild(executable, ['-p', folder, '-c', file, '-e', 'stderr']);
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
  ${temporaryPaths(folder)}
  ${settings}
  server {
    listen ${listen};
    location / { proxy_pass ${upstream}; }
  }
}`;
}

function temporaryPaths(folder: string): string {
  const names = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return names.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ');
}
