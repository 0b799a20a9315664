import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Hono } from 'hono';
import type { AppContext, Environment } from './environment.ts';
import { UNLISTED } from './security-headers.ts';

/** Serves the built web app: its files, and `index.html` for every other path that a browser opens. */
export function serveWebApp(app: Hono<Environment>, root: string, prefix: string): void {
  const rewriteRequestPath = (path: string) => path.slice(prefix.length);
  async function page(c: AppContext): Promise<Response> {
    const html = await readFile(join(root, 'index.html'), 'utf8');
    c.header('Cache-Control', 'no-cache');
    // The build's file references are relative, but pages have paths of any depth.
    return c.html(html.replaceAll('"./', `"${prefix}/`));
  }

  app.use(
    '/assets/*',
    serveStatic({
      root,
      rewriteRequestPath,
      precompressed: true,
      // File names contain a hash of the content.
      onFound: (_path, c) => c.header('Cache-Control', 'public, max-age=31536000, immutable'),
    }),
  );
  app.get('*', (c, next) => (/^\/?$/.test(rewriteRequestPath(c.req.path)) ? page(c) : next()));
  app.get(
    '*',
    serveStatic({
      root,
      rewriteRequestPath,
      precompressed: true,
      onFound: (_path, c) => c.header('Cache-Control', 'no-cache'),
    }),
  );
  app.use('/share/*', async (c, next) => {
    for (const [name, value] of Object.entries(UNLISTED)) c.header(name, value);
    await next();
  });
  app.get('*', (c, next) => ((c.req.header('accept') ?? '').includes('text/html') ? page(c) : next()));
}
