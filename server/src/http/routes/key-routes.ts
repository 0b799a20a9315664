import { createKeyBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Authenticator } from '../auth/authenticator.ts';
import { refuseKeys } from '../auth/refuse-keys.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readBody, readUuid } from '../validation.ts';

/** One's own API keys. A key can't see or make any: whoever finds one would keep the door open. */
export function keyRoutes({ keys }: HttpDependencies, authenticator: Authenticator): Hono<Environment> {
  return new Hono<Environment>()
    .use('/keys/*', refuseKeys)
    .get('/keys', async (c) => c.json({ items: await keys.list(c.get('user').id) }))
    .post('/keys', async (c) => {
      const { name, expiresAt = null } = await readBody(c, createKeyBody);
      const until = expiresAt === null ? null : Date.parse(expiresAt);
      return c.json(await keys.create(c.get('user'), { name, expiresAt: until }), 201);
    })
    .delete('/keys/:keyId', async (c) => {
      await keys.revoke(c.get('user').id, readUuid(c, 'keyId'));
      authenticator.clearCache();
      return c.body(null, 204);
    });
}
