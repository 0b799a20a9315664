import type { AppContext } from './environment.ts';

/**
 * Sets a response header that a route may replace. Where there is a response of `node:http`, it is set there: a `Headers` object
 * would take ten times as long.
 */
export function setDefaultHeader(c: AppContext, name: string, value: string): void {
  const { outgoing } = c.env;
  if (outgoing === undefined) c.header(name, value);
  else outgoing.setHeader(name, value);
}
