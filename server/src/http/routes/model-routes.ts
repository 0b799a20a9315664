import type { Models } from '@millrace/protocol';
import { Hono } from 'hono';
import type { Environment, HttpDependencies } from '../environment.ts';

export function modelRoutes({ models, settings }: HttpDependencies): Hono<Environment> {
  return new Hono<Environment>().get('/models', async (c) => {
    const answer: Models = {
      items: (await models?.models(c.req.raw.signal)) ?? [],
      default: settings.defaultModel,
      limits: settings.limits,
      demo: settings.isDemo,
    };
    return c.json(answer);
  });
}
