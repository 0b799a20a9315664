import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace } from '@millrace/server';
import type { HostCaller, Millrace, MillraceOptions } from '@millrace/server';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator, SimulatorOptions } from 'millrace-gemini-simulator';
import { testEnvironment } from './test-server.ts';

export interface Mounted {
  millrace: Millrace;
  simulator: Simulator;
  /** The URL of the host application, without the prefix. */
  url: string;
  close(): Promise<void>;
}

/** The users of a host application whose session cookie is `session=<name>`. */
export function authenticateByCookie(request: Request): HostCaller | null {
  const [, name] = /(?:^|; )session=(\w+)/.exec(request.headers.get('cookie') ?? '') ?? [];
  if (name === undefined) return null;
  return { id: name, name, ...(name === 'root' && { roles: ['admin'] as const }) };
}

/** Starts a host application in this process, with the chat mounted in it. @param host handles its own requests; without it the chat handles all */
export async function startMounted(
  { settings, ...options }: MillraceOptions,
  {
    host,
    simulated = {},
  }: { host?: (millrace: Millrace) => RequestListener; simulated?: SimulatorOptions } = {},
): Promise<Mounted> {
  const simulator = await startSimulator(simulated);
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-mounted-'));
  const millrace = await createMillrace({
    settings: { ...testEnvironment(simulator.url, dataDir), LOG_LEVEL: 'silent', ...settings },
    ...options,
  });
  const server = createServer(host?.(millrace) ?? millrace.handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    millrace,
    simulator,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await millrace.close();
      server.closeAllConnections();
      server.close();
      await simulator.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
