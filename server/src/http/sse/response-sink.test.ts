import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { describeFrameSink } from './frame-sink.contract.ts';
import { ResponseSink } from './response-sink.ts';

let close: () => void = () => {};
afterEach(() => close());

async function serve(handle: (response: ServerResponse, request: IncomingMessage) => void): Promise<number> {
  const server = createServer((request, response) => handle(response, request));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return (server.address() as AddressInfo).port;
}

function open(response: ServerResponse): ResponseSink {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.flushHeaders();
  return new ResponseSink(response);
}

async function read(port: number, agent?: Agent): Promise<{ text: string; socket: unknown }> {
  const request = get({ port, host: '127.0.0.1', agent: agent ?? false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { text, socket: request.socket };
}

test('frames arrive unchanged, ASCII or not, and the response ends', async () => {
  const frames = ['data: plain\n\n', 'data: ünïcödé 中文 👩‍👩‍👧‍👦\n\n', `data: ${'x'.repeat(100_000)}\n\n`];
  const port = await serve((response) => {
    const sink = open(response);
    for (const frame of frames) sink.write(frame);
    sink.end();
  });
  expect((await read(port)).text).toBe(frames.join(''));
});

test('the connection serves the next request, and no listener stays on its socket', async () => {
  const listeners: number[] = [];
  const port = await serve((response) => {
    listeners.push(response.socket?.listenerCount('drain') ?? -1);
    const sink = open(response);
    sink.onDrain(() => {});
    sink.write('data: x\n\n');
    sink.end();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = await read(port, agent);
  const second = await read(port, agent);
  agent.destroy();
  expect(second.text).toBe('data: x\n\n');
  expect(second.socket).toBe(first.socket);
  expect(listeners[1]).toBe(listeners[0]);
});

test('a pipelined request waits for its turn, and both responses are complete', async () => {
  const sinks: ResponseSink[] = [];
  const port = await serve((response, request) => {
    const sink = open(response);
    sink.write(`data: ${request.url}\n\n`);
    sinks.push(sink);
    if (sinks.length === 2) for (const each of sinks.toReversed()) each.end();
  });
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(
    'GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  let wire = '';
  for await (const chunk of socket) wire += chunk;
  const [, one = '', two = ''] = wire.split('HTTP/1.1 200 OK');
  expect(one).toContain('data: /one\n\n');
  expect(one).not.toContain('/two');
  expect(two).toContain('data: /two\n\n');
  expect(two.trimEnd().endsWith('0')).toBe(true);
});

test('an HTTP/1.0 client gets frames without chunked encoding', async () => {
  const port = await serve((response) => {
    const sink = open(response);
    sink.write('data: x\n\n');
    sink.end();
  });
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write('GET / HTTP/1.0\r\n\r\n');
  let wire = '';
  for await (const chunk of socket) wire += chunk;
  expect(wire.endsWith('\r\n\r\ndata: x\n\n')).toBe(true);
});

test('a client that doesn’t read fills its connection, which drains when the client reads', async () => {
  const sinks: ResponseSink[] = [];
  const port = await serve((response) => void sinks.push(open(response)));
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  while (sinks.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const [sink] = sinks;
  if (sink === undefined) throw new Error('no sink');
  const drained = new Promise<void>((resolve) => sink.onDrain(resolve));
  let writes = 0;
  while (sink.write('x'.repeat(10_000))) writes += 1;
  expect(writes).toBeLessThan(2000);
  socket.resume();
  await drained;
  socket.destroy();
});

test('a client that disconnects closes the sink', async () => {
  let left: Promise<void> | undefined;
  const port = await serve((response) => {
    const sink = open(response);
    left = new Promise((resolve) => sink.onClose(resolve));
    sink.write('data: x\n\n');
  });
  const request = get({ port, host: '127.0.0.1', agent: false });
  request.on('error', () => {});
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.destroy();
  await left;
  expect(left).toBeDefined();
});

test('a client that disconnected before the stream was opened closes the sink too', async () => {
  const noticed = Promise.withResolvers<void>();
  const port = await serve((response) => {
    response.on('close', () => {
      response.writeHead(200);
      new ResponseSink(response).onClose(noticed.resolve);
    });
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'connect');
  socket.resetAndDestroy();
  await expect(noticed.promise).resolves.toBeUndefined();
});

describe('a response of node:http', () => {
  describeFrameSink(async () => {
    const opened = Promise.withResolvers<ResponseSink>();
    const port = await serve((response) => opened.resolve(open(response)));
    const request = get({ port, host: '127.0.0.1', agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    const chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>;
    const client = {
      async read() {
        const { done, value } = await chunks.next();
        return done === true ? null : value;
      },
      async leave() {
        response.destroy();
      },
    };
    return { sink: await opened.promise, client };
  });
});
