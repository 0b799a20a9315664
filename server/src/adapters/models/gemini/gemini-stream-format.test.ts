import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ModelSink } from '../../../ports/model-provider.ts';
import { GeminiStream } from './gemini-stream.ts';

const BOM = '\uFEFF';

/** The data of an event with this text. */
function says(text: string, more: object = {}): string {
  return JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...more }] });
}

const END = says('.', { finishReason: 'STOP' });

/** Named like the cases of the web-platform-tests (`eventsource/format-*`), as far as they apply to a model's answer. */
const CASES: Record<string, { body: string; text: string }> = {
  'bom: one at the beginning is no part of the first line': {
    body: `${BOM}data:${says('a')}\n\n${BOM}data:${says('no')}\n\ndata:${END}\n\n`,
    text: 'a.',
  },
  'bom-2: of two at the beginning the second is': {
    body: `${BOM}${BOM}data:${says('no')}\n\ndata:${END}\n\n`,
    text: '.',
  },
  'newlines: CR alone ends lines': { body: `data:${says('a')}\r\rdata:${END}\r\r`, text: 'a.' },
  'newlines: LF alone ends lines': { body: `data:${says('a')}\n\ndata:${END}\n\n`, text: 'a.' },
  'newlines: they may be mixed, and CRLF is one end': {
    body: `data:${says('a')}\r\n\ndata:${says('b')}\n\r\ndata:${END}\r\n\r\n`,
    text: 'ab.',
  },
  'leading-space: one is taken away, and more are no harm': {
    body: `data: ${says(' a')}\n\ndata:   ${END}\n\n`,
    text: ' a.',
  },
  'field-data: JSON on several lines is one event': {
    body: `data:${says('a').replaceAll(',', ',\ndata: ').replaceAll('{', '{\ndata:')}\n\ndata:${END}\n\n`,
    text: 'a.',
  },
  'field order: id and event may stand before and after': {
    body: `event:x\nid:1\ndata:${says('a')}\n\ndata:${END}\nid:2\0\nevent\n\n`,
    text: 'a.',
  },
  'comments, unknown fields and text of another type are skipped': {
    body: `:${'x'.repeat(2048)}\nfoo:bar\nData:${says('no')}\njust text\ndata:${says('a')}\n:\n\n data:no\ndata:${END}\n\n`,
    text: 'a.',
  },
  'field-retry-bogus: it is no harm': { body: `retry:x\nretry:\ndata:${END}\n\n`, text: '.' },
  'null-character: it is text like any other': { body: `data:${says('\0')}\n\ndata:${END}\n\n`, text: '\0.' },
  'utf-8: characters of any length are read as such': {
    body: `data:${says('ok…😀')}\n\ndata:${END}\n\n`,
    text: 'ok…😀.',
  },
};

async function answer(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.socket?.setNoDelay(true);
  for (let start = 0; start < bytes.length; start += size) {
    await new Promise((resolve) => response.write(bytes.subarray(start, start + size), resolve));
  }
  response.end();
}

/** Reads an answer over HTTP. @param size of the pieces in which it is sent */
async function readText(body: string, size: number): Promise<string> {
  const server = createServer((_request, response) => void answer(response, Buffer.from(body), size));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let text = '';
  const nothing = () => undefined;
  const sink: ModelSink = {
    text: (said) => void (text += said),
    thought: nothing,
    media: nothing,
    source: nothing,
    providerData: nothing,
    usage: nothing,
    model: nothing,
    notice: nothing,
  };
  const stream = new GeminiStream(sink, 'gemini-3.8-flash');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  if (response.body === null) throw new Error('There is no body');
  for await (const piece of response.body) stream.feed(piece);
  expect(stream.end()).toMatchObject({ finishReason: 'stop' });
  server.close();
  return text;
}

describe.each([
  ['in one piece', Number.POSITIVE_INFINITY],
  ['byte by byte', 1],
])("the event stream format of a model's answer, %s", (_way, size) => {
  test.each(Object.entries(CASES))('%s', async (_name, { body, text }) => {
    expect(await readText(body, size)).toBe(text);
  });
});
