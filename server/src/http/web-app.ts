import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Hono } from 'hono';
import type { AppContext, Environment } from './environment.ts';

/**
 * All that the app loads and calls is of its own origin. So whatever a reply makes of itself, it runs nothing and tells nobody of it.
 * Styles are written by the highlighter, by formulas and by diagrams; they can load nothing either.
 */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** Serves the built web app: its files, and its page at every address the app itself has. */
export function serveWebApp(app: Hono<Environment>, root: string, prefix: string): void {
  const rewriteRequestPath = (path: string) => path.slice(prefix.length);
  async function page(c: AppContext): Promise<Response> {
    const html = await readFile(join(root, 'index.html'), 'utf8');
    c.header('Cache-Control', 'no-cache');
    c.header('Content-Security-Policy', POLICY);
    // It is built to name its files, and its own place, as beside it; its pages are at addresses of any depth.
    return c.html(html.replaceAll('"./', `"${prefix}/`));
  }

  app.use(
    '/assets/*',
    serveStatic({
      root,
      rewriteRequestPath,
      precompressed: true,
      // Their names change with what is in them.
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
  app.get('*', (c, next) => ((c.req.header('accept') ?? '').includes('text/html') ? page(c) : next()));
}
