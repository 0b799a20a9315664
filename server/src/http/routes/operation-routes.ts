import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { isFromLoopback } from '../auth/client-address.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { RouteGroup } from '../openapi/document.ts';

/** For those who run the server. */
export function operationRoutes(
  { engine, store, models, metrics, settings }: HttpDependencies,
  authenticator: Authenticator,
  routeGroups: readonly RouteGroup[],
): Hono<Environment> {
  const openApi = openApiDocument(settings, routeGroups);
  return new Hono<Environment>()
    .get('/health', (c) =>
      c.json({
        status: 'ok',
        version: settings.version,
        model: { provider: models?.name ?? null, default: settings.defaultModel, demo: settings.isDemo },
      }),
    )
    .get('/openapi.json', (c) => c.json(openApi))
    .get('/ready', async (c) => {
      if (engine.isShuttingDown) throw new ProblemError('shutting_down', 'The server is about to end.');
      if (models === null) throw new ProblemError('model_not_configured', 'No model is configured.');
      await store.hasAdministrator();
      return c.json({ status: 'ready' });
    })
    .get('/metrics', async (c) => {
      if (settings.isProxied || !isFromLoopback(c)) {
        const { user, credential } = await authenticator.authenticate(c);
        if (!user.roles.includes('admin') || credential === 'key')
          throw new ProblemError('forbidden', 'Metrics are for administrators.');
      }
      return c.text(await metrics.render(), 200, { 'Content-Type': metrics.contentType });
    });
}
