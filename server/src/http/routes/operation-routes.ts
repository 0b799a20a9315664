import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import type { HttpDependencies } from '../environment.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { RouteGroup } from '../openapi/document.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ok } from '../route-answer.ts';

const health = z.strictObject({
  status: z.literal('ok'),
  version: z.string(),
  model: z.strictObject({ provider: z.string().nullable(), default: z.string(), demo: z.boolean() }),
});

/** For operators, and the programs that watch a server. @param groups the routes to document, which may include these */
export function operationRoutes(
  { engine, store, models, metrics, settings }: HttpDependencies,
  groups: () => readonly RouteGroup[],
): Route[] {
  let openApi: object | null = null;

  return [
    route({
      method: 'GET',
      path: '/health',
      id: 'getHealth',
      summary: 'Whether the process runs',
      caller: 'anyone',
      acceptsAnyHost: true,
      answers: [ok(health)],
      handler: ({ c }) =>
        c.json({
          status: 'ok',
          version: settings.version,
          model: { provider: models?.name ?? null, default: settings.defaultModel, demo: settings.isDemo },
        }),
    }),
    route({
      method: 'GET',
      path: '/ready',
      id: 'getReadiness',
      summary:
        'Whether the server can start replies: it has its database and a model, and isn’t shutting down',
      caller: 'anyone',
      acceptsAnyHost: true,
      answers: [ok(z.strictObject({ status: z.literal('ready') }))],
      problems: ['model_not_configured', 'shutting_down', 'storage_failed'],
      async handler({ c }) {
        if (engine.isShuttingDown) throw new ProblemError('shutting_down', 'The server is shutting down.');
        if (models === null)
          throw new ProblemError('model_not_configured', 'No model is configured. Set AI_PROVIDER.');
        await store.hasAdministrator();
        return c.json({ status: 'ready' });
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      id: 'getMetrics',
      summary: 'Prometheus metrics',
      description: 'For administrators, connections from the server’s own machine, and holders of a pass.',
      caller: 'operator',
      answers: [{ status: 200, description: 'Metrics', contentType: 'text/plain' }],
      async handler({ c }) {
        return c.text(await metrics.render(), 200, { 'Content-Type': metrics.contentType });
      },
    }),
    route({
      method: 'GET',
      path: '/openapi.json',
      id: 'getOpenApi',
      summary: 'This document',
      caller: 'anyone',
      acceptsAnyHost: true,
      answers: [ok(z.looseObject({ openapi: z.literal('3.1.1') }), 'OpenAPI 3.1')],
      handler({ c }) {
        openApi ??= openApiDocument(settings, groups());
        return c.json(openApi);
      },
    }),
  ];
}
