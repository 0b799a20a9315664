import type { Model } from '../model/model.ts';
import { rawRequest } from './subject.ts';
import type { Subject } from './subject.ts';

/** The baseline without a server: the readers send their requests to the model. */
export function noServer(model: Model): Subject {
  const path = '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse';
  const body = { contents: [{ role: 'user', parts: [{ text: 'go on' }] }] };
  return {
    name: 'no server',
    port: model.child.port,
    requests: async (count) => Array.from({ length: count }, () => rawRequest('POST', path, { body })),
    usage: () => null,
    rest: () => model.child.rest(),
    stop: async () => {},
  };
}
