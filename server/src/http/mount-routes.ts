import type { Hono } from 'hono';
import type { AccessControl } from './auth/access-control.ts';
import type { Environment } from './environment.ts';
import type { Route } from './route.ts';

export function mountRoutes(app: Hono<Environment>, routes: readonly Route[], access: AccessControl): void {
  for (const route of routes) app.on(route.method, route.path, (c) => route.respond(c, access));
}
