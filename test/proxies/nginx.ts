import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { spawnChild } from '../support/child-process.ts';

const DEPLOYED = join(import.meta.dirname, '../../deploy/nginx.conf');
const executable = process.env.MILLRACE_NGINX ?? '';

/** Why nginx can't be started; empty when it can. `npm test` finds it. */
export const noNginx = executable === '' ? 'no nginx' : '';

/** nginx on loopback in front of a server, configured with the server's address only. */
export class Nginx implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  /** @param settings lines of the `http` block in addition to Debian's configuration */
  static inFrontOf(upstream: string, settings = ''): Promise<Nginx> {
    return Nginx.#start((folder, listen) => configuration(folder, listen, upstream, settings));
  }

  /** nginx with the configuration of docker-compose.yml, except for addresses, in front of at most three nodes. */
  static async deployed(nodes: readonly string[]): Promise<Nginx> {
    const text = await readFile(DEPLOYED, 'utf8');
    return Nginx.#start((folder, listen) =>
      text
        .replace('events {', `daemon off; pid ${folder}/nginx.pid; error_log stderr; events {`)
        .replace('http {', `http { ${temporaryPaths(folder)}`)
        .replace('listen 80;', `listen ${listen};`)
        // The addresses need no DNS. Only nginx 1.27.3 or later can resolve names repeatedly.
        .replace(/resolver .*;/, '')
        .replaceAll(/server millrace-(\d):4000 resolve(.*)/g, (_server, number: string, more: string) => {
          const node = nodes[Number(number) - 1];
          return node === undefined ? '' : `server ${new URL(node).host}${more}`;
        }),
    );
  }

  static async #start(configure: (folder: string, listen: string) => string): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'));
    // Started as root, its workers run as nobody, and store large bodies here.
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

/** The `http` block is Debian's, except for paths. */
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
