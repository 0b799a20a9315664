import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { auth, callerOf, expectProblem, newEmail, PASSWORD } from '../support/sign-in.ts';
import { because, READ_ONLY_DATABASE, SYSTEM_FAULTS } from '../support/storage-fault.ts';
import type { FaultyStorage } from '../support/storage-fault.ts';

const signUp = ({ url }: ServerProcess, email: string) =>
  auth(url, 'sign-up/email', { name: 'Ada', email, password: PASSWORD });

for (const fault of [...SYSTEM_FAULTS, READ_ONLY_DATABASE]) {
  describe.skipIf(fault.missing !== '')(`${fault.name}${because(fault)}`, () => {
    let simulator: Simulator;
    let place: FaultyStorage;
    let server: ServerProcess;
    beforeEach(async () => {
      simulator = await startSimulator();
      place = await fault.prepare(simulator.url);
      server = await place.start();
    });
    afterEach(async () => {
      await server.kill();
      await simulator.close();
      await place.remove();
    });

    test('refuses a sign-up with a clear error, and accepts it once the fault is over', async () => {
      const email = newEmail();
      await place.begin();
      expectProblem(await signUp(server, email), 503, 'storage_failed');
      await place.end();
      expect((await callerOf(server.url, await signUp(server, email)).me()).user.roles).toContain('admin');
    });

    // Sessions are in a separate file.
    if (fault === READ_ONLY_DATABASE) return;

    test('signs no user out', async () => {
      const caller = await Caller.asGuest(server.url);
      await place.begin();
      const refused = await caller.send('POST', '/api/auth/sign-out', {});
      expect(await refused.json()).toMatchObject({ status: 503, code: 'storage_failed' });
      await place.end();
      expect((await caller.fetch('/api/me')).status).toBe(200);
      expect((await caller.send('POST', '/api/auth/sign-out', {})).status).toBe(200);
      expect((await caller.fetch('/api/me')).status).toBe(401);
    });
  });
}
