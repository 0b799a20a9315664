import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace } from '@millrace/server';
import type { Logger } from '@millrace/server';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator, SimulatorOptions } from 'millrace-gemini-simulator';
import { Caller } from './caller.ts';
import { sharedStorage } from './shared-storage.ts';

export interface TestServer {
  url: string;
  simulator: Simulator;
  /** The log lines of the server, as objects. */
  logged: Record<string, unknown>[];
  /** Signs in a new guest. */
  guest(): Promise<Caller>;
  /** Signs up a new user with a password. The first user is an administrator. */
  user(): Promise<Caller>;
  close(): Promise<void>;
}

/** The settings of tests: without limits; a test sets the limits it needs. */
export function testEnvironment(modelUrl: string, dataDir: string): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    GEMINI_API_KEY: 'test',
    GEMINI_BASE_URL: modelUrl,
    GUESTS_PER_IP_PER_HOUR: 'none',
    SIGN_INS_PER_MINUTE: 'none',
    GUEST_TOKEN_LIMIT: 'none',
    DEFAULT_TOKEN_LIMIT: 'none',
    MESSAGE_RATE_LIMIT_MS: 'none',
    RATE_LIMIT_PER_MINUTE: 'none',
    MAX_CONCURRENT_REPLIES: 'none',
    MODEL_RETRIES: '0',
    MODEL_BREAKER_THRESHOLD: 'none',
    SHUTDOWN_GRACE: '1s',
    // Tests count the requests to models.
    CHAT_TITLES: 'off',
  };
}

/** Starts a whole server in this process, with a fresh database, and the simulator as its model over HTTP. */
export async function startTestServer(
  environment: Record<string, string> = {},
  simulatorOptions: SimulatorOptions = {},
  { webRoot = null }: { webRoot?: string | null } = {},
): Promise<TestServer> {
  const simulator = await startSimulator({ invalidKeys: ['invalid'], ...simulatorOptions });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-'));
  const shared = await sharedStorage();
  const logged: Record<string, unknown>[] = [];
  const millrace = await createMillrace({
    settings: { ...testEnvironment(simulator.url, dataDir), ...shared.settings, ...environment },
    logger: recordingLogger(logged),
    ...(webRoot !== null && { webRoot }),
  });
  const server = createServer(millrace.handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    simulator,
    logged,
    guest: () => Caller.asGuest(url),
    user: () => Caller.asUser(url),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await millrace.close();
      server.closeAllConnections();
      await closed;
      await simulator.close();
      await shared.remove();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function recordingLogger(lines: Record<string, unknown>[]): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, ...fields });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
