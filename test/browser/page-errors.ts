import type { Page } from 'playwright-core';

/** The errors of a page from now on: of its scripts, and in its console. */
export function pageErrorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  return errors;
}
