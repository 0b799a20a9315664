import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatorOptions } from 'millrace-gemini-simulator';
import { bundle } from './bundle.ts';
import { startTestServer } from './test-server.ts';
import type { TestServer } from './test-server.ts';

const HTML = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title>
<link rel="icon" href="data:,">
<div id="root"></div><script type="module" src="/page.js"></script></html>`;

/** A server whose page is a module of the test. The page has the server's origin and cookies. */
export async function startPageServer(
  module: string,
  environment: Record<string, string> = {},
  simulatorOptions: SimulatorOptions = {},
): Promise<TestServer> {
  const webRoot = await mkdtemp(join(tmpdir(), 'millrace-page-'));
  await writeFile(join(webRoot, 'index.html'), HTML);
  await writeFile(join(webRoot, 'page.js'), (await bundle(module)).code);
  const server = await startTestServer(environment, simulatorOptions, { webRoot });
  return {
    ...server,
    async close() {
      await server.close();
      await rm(webRoot, { recursive: true });
    },
  };
}
