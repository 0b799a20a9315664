import { expect } from 'vitest';
import { Caller, readEvents } from '../support/caller.ts';
import { chunk } from '../support/hand-fed-chunk.ts';
import type { HandFedModel } from '../support/hand-fed-model.ts';
import { until } from '../support/until.ts';

/**
 * Reads a reply through the server or proxy at a URL. The model sends each token only after the reader got the one before, so a
 * proxy that buffers makes the test time out.
 * @returns the headers of the response
 */
export async function readOneByOne(
  model: HandFedModel,
  url: string,
  { token }: Pick<Caller, 'token'>,
): Promise<Headers> {
  const there = new Caller(url, token);
  const { id } = await there.createChat();
  model.forget();
  const response = await there.send('POST', `/api/chats/${id}/messages`, { content: 'Hello' });
  let seen = '';
  let said = 0;
  for await (const { event, data } of readEvents(response)) {
    if (event === 'meta') await until('the model has the request', () => model.isAsked);
    else if (event === 'delta') seen += data.text;
    else if (event === 'done') break;
    else continue;
    said += 1;
    if (said <= 20) model.say(chunk(`token ${said} `));
    if (said === 21) {
      model.say(chunk('.', 'STOP'));
      model.end();
    }
  }
  expect(seen).toBe(`${Array.from({ length: 20 }, (_item, index) => `token ${index + 1} `).join('')}.`);
  return response.headers;
}
