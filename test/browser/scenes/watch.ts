import type { BrowserContext } from 'playwright-core';

/** What pages did that they shouldn't have. */
export interface Watched {
  /** Requests to other hosts than this machine. */
  foreign: string[];
  /** Errors in the console, but for answers that aren't a success, which scenes of failure are made of. */
  errors: string[];
}

/** Watches all pages of a context from now on. */
export function watch(context: BrowserContext): Watched {
  const watched: Watched = { foreign: [], errors: [] };
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1')
      watched.foreign.push(request.url());
  });
  context.on('console', (message) => {
    const isError = message.type() === 'error' || message.type() === 'warning';
    if (isError && !message.text().startsWith('Failed to load resource')) watched.errors.push(message.text());
  });
  context.on('weberror', (error) => watched.errors.push(error.error().message));
  return watched;
}
