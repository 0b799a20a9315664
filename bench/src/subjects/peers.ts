import { join } from 'node:path';
import type { Model } from '../model/model.ts';
import { Child } from '../processes/child.ts';
import { rawRequest } from './subject.ts';
import type { Broadcaster, Subject } from './subject.ts';

/** The usual alternatives, each as a minimal good server. None authenticates users or stores anything. */
export function bareHttp(model: Model): Promise<Broadcaster> {
  return startPeer('node:http', 'bare-http.ts', model);
}

/** The same, but with a separate write for each event. */
export function bareHttpOneByOne(model: Model): Promise<Broadcaster> {
  return startPeer('node:http, one by one', 'bare-http.ts', model, { ONE_A_TURN: '1' });
}

export function expressGenai(model: Model): Promise<Subject> {
  return startPeer('@google/genai + Express', 'express-genai.ts', model);
}

export function aiSdk(model: Model): Promise<Subject> {
  return startPeer('AI SDK streamText', 'ai-sdk.ts', model);
}

export function aiSdkResumable(model: Model): Promise<Subject> {
  return startPeer('AI SDK + resumable-stream', 'ai-sdk.ts', model, { RESUMABLE: '1' });
}

async function startPeer(
  name: string,
  file: string,
  model: Model,
  environment: Record<string, string> = {},
): Promise<Broadcaster> {
  const child = await Child.start(join(import.meta.dirname, 'servers', file), {
    side: 'server',
    environment: { MODEL_URL: model.child.url, ...environment },
  });
  return {
    name,
    port: child.port,
    requests: async (count) =>
      Array.from({ length: count }, () => rawRequest('POST', '/chat', { body: { message: 'go on' } })),
    broadcast: async () => {
      const response = await fetch(`${child.url}/broadcast`, { method: 'POST' });
      if (!response.ok) throw new Error(`${name} answered ${response.status}: ${await response.text()}`);
      return rawRequest('GET', `/follow/${await response.text()}`);
    },
    usage: () => child.usage(),
    rest: () => child.rest(),
    stop: () => child.stop(),
  };
}
