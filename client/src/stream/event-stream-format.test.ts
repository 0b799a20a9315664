import { describe, expect, test } from 'vitest';
import { GENERATION_ID, scriptedServer } from '../../test-support/scripted-server.ts';
import type { Answer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import { readMessages } from './read-messages.ts';

/** Named like the cases of the web-platform-tests (`eventsource/format-*`). The messages are what a page would be told. */
interface Case {
  body: string | Uint8Array;
  told: { data: string; event?: string; id?: string }[];
}

const BOM = '\uFEFF';
const data = (...texts: string[]) => texts.map((text) => ({ data: text }));

const CASES: Record<string, Case> = {
  'bom: one at the beginning is no part of the first line': {
    body: `${BOM}data:1\n\n${BOM}data:2\n\ndata:3\n\n`,
    told: data('1', '3'),
  },
  'bom-2: of two at the beginning the second is': {
    body: `${BOM}${BOM}data:1\n\ndata:2\n\n${BOM}data:3\n\n`,
    told: data('2'),
  },
  'comments: short, long and empty ones say nothing, whatever ends them': {
    body: `data:1\r:\0\n:\r\ndata:2\n:${'x'.repeat(2048)}\rdata:3\n:data:no\r:${'x'.repeat(2048)}\ndata:4\n\n`,
    told: data('1\n2\n3\n4'),
  },
  'data-before-final-empty-line: what no empty line has ended is dropped': {
    body: 'retry:1000\ndata:one\n\nid:two\ndata:two',
    told: data('one'),
  },
  'field-data: nothing is something, without a colon too, and lines are joined': {
    body: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    told: data('', '\n', 'test'),
  },
  'field-event: it names one message': {
    body: 'event:named\ndata:1\n\ndata:2\n\n',
    told: [{ event: 'named', data: '1' }, { data: '2' }],
  },
  'field-event-empty: an empty one names none': {
    body: 'event: \ndata:1\n\nevent:named\nevent\ndata:2\n\n',
    told: data('1', '2'),
  },
  'field-id: it is that of the message': { body: 'id: 4\ndata:1\n\n', told: [{ id: '4', data: '1' }] },
  'field-id-2: it stays until there is another, in a block of its own too': {
    body: 'id:1\ndata:a\n\ndata:b\n\nid:2\n\ndata:c\n\n',
    told: [
      { id: '1', data: 'a' },
      { id: '1', data: 'b' },
      { id: '2', data: 'c' },
    ],
  },
  'field-id-3: an empty one takes it away, with a colon and without': {
    body: 'id:1\ndata:a\n\nid:\ndata:b\n\nid:2\ndata:c\n\nid\ndata:d\n\n',
    told: [
      { id: '1', data: 'a' },
      { id: '', data: 'b' },
      { id: '2', data: 'c' },
      { id: '', data: 'd' },
    ],
  },
  'field-id-null: one with a NUL is none': {
    body: 'id:1\ndata:a\n\nid:2\0\ndata:b\n\nid:\0\ndata:c\n\n',
    told: [
      { id: '1', data: 'a' },
      { id: '1', data: 'b' },
      { id: '1', data: 'c' },
    ],
  },
  'field-parsing: names are exact, and one space is taken away': {
    body: 'data:\0\ndata:  2\rData:no\ndata\0:no\ndata:1\r\0data:no\nda-ta:no\rdata_5\ndata:3\rdata:\r\n data:no\ndata:4\n\n',
    told: data('\0\n 2\n1\n3\n\n4'),
  },
  'field order: id, event and data may come in any': {
    body: 'data:1\nevent:named\nid:7\n\n',
    told: [{ id: '7', event: 'named', data: '1' }],
  },
  'field-retry: it tells nothing': { body: 'retry:3000\ndata:1\n\nretry:5\n\n', told: data('1') },
  'field-retry-bogus: nor does one that is no number': {
    body: 'retry:1000x\nretry:x\nretry:-1\ndata:1\n\n',
    told: data('1'),
  },
  'field-retry-empty: nor does an empty one': { body: 'retry\nretry:\ndata:1\n\n', told: data('1') },
  'field-unknown: a field nobody knows, and text that is none, are skipped': {
    body: 'data:1\n data\ndata\nfoo:bar\njust text\n:comment\ndata:2\n\n',
    told: data('1\n\n2'),
  },
  'leading-space: a tab is text, and so is the second space': {
    body: 'data:\ttest\rdata: \ndata:  test\n\n',
    told: data('\ttest\n\n test'),
  },
  'newlines: LF, CR and CRLF end lines, mixed too, and CRLF is one end': {
    body: 'data:1\r\ndata\ndata:2\rdata:3\r\r\ndata:4\r\n\r\n\ndata:5\r\r',
    told: data('1\n\n2\n3', '4', '5'),
  },
  'null-character: it is text like any other': { body: 'data:\0\0\n\n', told: data('\0\0') },
  'utf-8: characters of any length, and what is none, are read as such': {
    body: Buffer.concat([Buffer.from('data:ok…😀'), Buffer.from([0xff, 0xc3]), Buffer.from('!\n\n')]),
    told: data('ok…😀\uFFFD\uFFFD!'),
  },
};

/** How the network may cut the bytes. */
const WAYS = { 'in one piece': Number.POSITIVE_INFINITY, 'byte by byte': 1 };

/** Answers with the bytes, each piece in a packet of its own. */
function say(bytes: Uint8Array, size: number): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    for (let start = 0; start < bytes.length; start += size) {
      await new Promise((resolve) => response.write(bytes.subarray(start, start + size), resolve));
    }
    response.end();
  };
}

describe.each(Object.entries(WAYS))('the event stream format, %s', (_way, size) => {
  test.each(Object.entries(CASES))('%s', async (_name, { body, told }) => {
    await using server = await scriptedServer(say(Buffer.from(body as Uint8Array), size));
    const response = await fetch(server.baseUrl);
    if (response.body === null) throw new Error('There is no body');
    const heard: object[] = [];
    const reading = {
      listen: <Said>(next: Promise<Said>) => next,
      broken: (cause: unknown) => cause as Error,
    };
    for await (const message of readMessages(response.body, reading)) heard.push(message);
    expect(heard).toEqual(told.map((message) => ({ id: undefined, event: undefined, ...message })));
  });
});

describe('the type of a response', () => {
  const typed =
    (type: string): Answer =>
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': type })
        .end(`id: ${GENERATION_ID}:1\nevent: notice\ndata: {}\n\n`);

  async function read(type: string): Promise<number> {
    await using server = await scriptedServer(typed(type));
    const client = createChatClient(server);
    let events = 0;
    const reading = client.followGeneration(GENERATION_ID, { reconnect: false });
    for await (const _event of reading) {
      events += 1;
      break;
    }
    return events;
  }

  test.each([
    'text/event-stream',
    'text/event-stream;',
    'text/event-stream;x=bogus',
    'text/event-stream ; charset=windows-1251',
    'TEXT/Event-Stream',
  ])('mime: %s is an event stream', async (type) => {
    expect(await read(type)).toBe(1);
  });

  test.each(['x bogus', 'text/html', 'text/event-streams', 'text/event-stream-x'])(
    'mime-bogus: %s is not, and what answered so is an error',
    async (type) => {
      await expect(read(type)).rejects.toMatchObject({ name: 'ApiError', code: 'unexpected_response' });
    },
  );
});
