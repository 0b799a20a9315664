import type { BrowserContext } from 'playwright-core';

/** Unwanted requests and errors of pages. */
export interface PageProblems {
  /** Requests to other hosts than 127.0.0.1. */
  foreign: string[];
  /** Console errors and warnings, except for error responses, which some scenes need. */
  errors: string[];
}

/** Records the problems of all pages of a context from now on. */
export function watchForProblems(context: BrowserContext): PageProblems {
  const problems: PageProblems = { foreign: [], errors: [] };
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1')
      problems.foreign.push(request.url());
  });
  context.on('console', (message) => {
    const isError = message.type() === 'error' || message.type() === 'warning';
    if (isError && !message.text().startsWith('Failed to load resource'))
      problems.errors.push(message.text());
  });
  context.on('weberror', (error) => problems.errors.push(error.error().message));
  return problems;
}
