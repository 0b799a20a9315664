import { describe, expect, test } from 'vitest';
import { GENERATION_ID, scriptedServer } from '../../test-support/scripted-server.ts';
import type { Answer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import { readMessages } from './read-messages.ts';

/** A case of the web-platform-tests (`eventsource/format-*`), with the messages that a page would receive. */
interface Case {
  body: string | Uint8Array;
  messages: { data: string; event?: string; id?: string }[];
}

const BOM = '\uFEFF';
const data = (...texts: string[]) => texts.map((text) => ({ data: text }));

const CASES: Record<string, Case> = {
  'bom: a byte order mark at the beginning is ignored': {
    body: `${BOM}data:1\n\n${BOM}data:2\n\ndata:3\n\n`,
    messages: data('1', '3'),
  },
  'bom-2: a second byte order mark is text': {
    body: `${BOM}${BOM}data:1\n\ndata:2\n\n${BOM}data:3\n\n`,
    messages: data('2'),
  },
  'comments: comments of any length and with any line end are ignored': {
    body: `data:1\r:\0\n:\r\ndata:2\n:${'x'.repeat(2048)}\rdata:3\n:data:no\r:${'x'.repeat(2048)}\ndata:4\n\n`,
    messages: data('1\n2\n3\n4'),
  },
  'data-before-final-empty-line: a message without a final empty line is dropped': {
    body: 'retry:1000\ndata:one\n\nid:two\ndata:two',
    messages: data('one'),
  },
  'field-data: empty data is a message, also without a colon, and lines are joined': {
    body: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    messages: data('', '\n', 'test'),
  },
  'field-event: the name applies to one message': {
    body: 'event:named\ndata:1\n\ndata:2\n\n',
    messages: [{ event: 'named', data: '1' }, { data: '2' }],
  },
  'field-event-empty: an empty name is no name': {
    body: 'event: \ndata:1\n\nevent:named\nevent\ndata:2\n\n',
    messages: data('1', '2'),
  },
  'field-id: the message has the id': { body: 'id: 4\ndata:1\n\n', messages: [{ id: '4', data: '1' }] },
  'field-id-2: an id applies until the next id, even of a block without data': {
    body: 'id:1\ndata:a\n\ndata:b\n\nid:2\n\ndata:c\n\n',
    messages: [
      { id: '1', data: 'a' },
      { id: '1', data: 'b' },
      { id: '2', data: 'c' },
    ],
  },
  'field-id-3: an empty id resets it, with and without a colon': {
    body: 'id:1\ndata:a\n\nid:\ndata:b\n\nid:2\ndata:c\n\nid\ndata:d\n\n',
    messages: [
      { id: '1', data: 'a' },
      { id: '', data: 'b' },
      { id: '2', data: 'c' },
      { id: '', data: 'd' },
    ],
  },
  'field-id-null: an id with a NUL is ignored': {
    body: 'id:1\ndata:a\n\nid:2\0\ndata:b\n\nid:\0\ndata:c\n\n',
    messages: [
      { id: '1', data: 'a' },
      { id: '1', data: 'b' },
      { id: '1', data: 'c' },
    ],
  },
  'field-parsing: field names must match exactly, and one space is removed': {
    body: 'data:\0\ndata:  2\rData:no\ndata\0:no\ndata:1\r\0data:no\nda-ta:no\rdata_5\ndata:3\rdata:\r\n data:no\ndata:4\n\n',
    messages: data('\0\n 2\n1\n3\n\n4'),
  },
  'field order: id, event and data may come in any order': {
    body: 'data:1\nevent:named\nid:7\n\n',
    messages: [{ id: '7', event: 'named', data: '1' }],
  },
  'field-retry: retry is no message': { body: 'retry:3000\ndata:1\n\nretry:5\n\n', messages: data('1') },
  'field-retry-bogus: an invalid retry is ignored': {
    body: 'retry:1000x\nretry:x\nretry:-1\ndata:1\n\n',
    messages: data('1'),
  },
  'field-retry-empty: an empty retry is ignored': { body: 'retry\nretry:\ndata:1\n\n', messages: data('1') },
  'field-unknown: unknown fields and lines without a field are ignored': {
    body: 'data:1\n data\ndata\nfoo:bar\njust text\n:comment\ndata:2\n\n',
    messages: data('1\n\n2'),
  },
  'leading-space: a tab and a second space are text': {
    body: 'data:\ttest\rdata: \ndata:  test\n\n',
    messages: data('\ttest\n\n test'),
  },
  'newlines: LF, CR and CRLF end lines, also mixed, and CRLF is one line end': {
    body: 'data:1\r\ndata\ndata:2\rdata:3\r\r\ndata:4\r\n\r\n\ndata:5\r\r',
    messages: data('1\n\n2\n3', '4', '5'),
  },
  'null-character: NUL is text': { body: 'data:\0\0\n\n', messages: data('\0\0') },
  'utf-8: characters of any length are decoded, and invalid bytes replaced': {
    body: Buffer.concat([Buffer.from('data:ok…😀'), Buffer.from([0xff, 0xc3]), Buffer.from('!\n\n')]),
    messages: data('ok…😀\uFFFD\uFFFD!'),
  },
};

/** The chunk size, by how the network splits the bytes. */
const CHUNK_SIZES = { 'in one piece': Number.POSITIVE_INFINITY, 'byte by byte': 1 };

/** Sends the bytes in chunks, each in its own packet. */
function sendInChunks(bytes: Uint8Array, size: number): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.socket?.setNoDelay(true);
    for (let start = 0; start < bytes.length; start += size) {
      await new Promise((resolve) => response.write(bytes.subarray(start, start + size), resolve));
    }
    response.end();
  };
}

describe.each(Object.entries(CHUNK_SIZES))('the event stream format, %s', (_name, size) => {
  test.each(Object.entries(CASES))('%s', async (_name, { body, messages }) => {
    await using server = await scriptedServer(sendInChunks(Buffer.from(body as Uint8Array), size));
    const response = await fetch(server.baseUrl);
    if (response.body === null) throw new Error('There is no body');
    const received: object[] = [];
    for await (const message of readMessages(response.body, (next) => next)) received.push(message);
    expect(received).toEqual(messages.map((message) => ({ id: undefined, event: undefined, ...message })));
  });
});

describe('the content type of a response', () => {
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
    const stream = client.followGeneration(GENERATION_ID, { reconnect: false });
    for await (const _event of stream) {
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
    'mime-bogus: %s is an error',
    async (type) => {
      await expect(read(type)).rejects.toMatchObject({ name: 'ApiError', code: 'unexpected_response' });
    },
  );
});
