import { apiKeySchema, newApiKeySchema } from '@millrace/protocol/schemas';
import { createKeyBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import type { Authenticator } from '../auth/authenticator.ts';
import type { HttpDependencies } from '../environment.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent, ok } from '../route-answer.ts';

/** A user's API keys. A key can't list or create keys: with a stolen key, an attacker could keep access after it is revoked. */
export function keyRoutes({ keys }: HttpDependencies, authenticator: Authenticator): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/keys',
      id: 'listKeys',
      summary: 'Your API keys',
      caller: 'session',
      answers: [ok(z.strictObject({ items: z.array(apiKeySchema) }))],
      async handler({ c, user }) {
        return c.json({ items: await keys.list(user.id) });
      },
    }),
    route({
      method: 'POST',
      path: '/api/keys',
      id: 'createKey',
      summary: 'Create an API key. This answer alone contains the key itself',
      caller: 'session',
      body: json(createKeyBody),
      answers: [created(newApiKeySchema, 'The key')],
      async handler({ c, user, body: { name, expiresAt = null } }) {
        const expiryMs = expiresAt === null ? null : Date.parse(expiresAt);
        return c.json(await keys.create(user, { name, expiresAt: expiryMs }), 201);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/keys/:keyId',
      id: 'revokeKey',
      summary: 'Revoke an API key',
      caller: 'session',
      answers: [noContent('The key no longer works')],
      async handler({ c, user, params: { keyId } }) {
        await keys.revoke(user.id, keyId);
        authenticator.clearCache();
        return c.body(null, 204);
      },
    }),
  ];
}
