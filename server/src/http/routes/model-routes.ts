import type { Models } from '@millrace/protocol';
import { modelsSchema } from '@millrace/protocol/schemas';
import type { HttpDependencies } from '../environment.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ok } from '../route-answer.ts';

export function modelRoutes({ models, settings }: HttpDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/models',
      id: 'listModels',
      summary: 'Models with limits and prices',
      caller: 'user',
      answers: [ok(modelsSchema)],
      async handler({ c }) {
        const answer: Models = {
          items: (await models?.models(c.req.raw.signal)) ?? [],
          default: settings.defaultModel,
          limits: settings.limits,
          demo: settings.isDemo,
        };
        return c.json(answer);
      },
    }),
  ];
}
