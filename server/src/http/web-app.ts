import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Hono } from 'hono';
import type { Environment } from './environment.ts';

/** Serves the built web app: its files, and its page at every address the app itself has. */
export function serveWebApp(app: Hono<Environment>, root: string): void {
  app.use(
    '/assets/*',
    serveStatic({
      root,
      precompressed: true,
      // Their names change with what is in them.
      onFound: (_path, c) => c.header('Cache-Control', 'public, max-age=31536000, immutable'),
    }),
  );
  app.get(
    '*',
    serveStatic({
      root,
      precompressed: true,
      onFound: (_path, c) => c.header('Cache-Control', 'no-cache'),
    }),
  );
  app.get('*', async (c, next) => {
    if (!(c.req.header('accept') ?? '').includes('text/html')) return next();
    c.header('Cache-Control', 'no-cache');
    return c.html(await readFile(join(root, 'index.html'), 'utf8'));
  });
}
