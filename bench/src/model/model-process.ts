import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from '../processes/calls.ts';
import { MODELS, TOKEN_COUNT } from './gemini-chunk.ts';
import { Pacer } from './pacer.ts';
import { fastPlan } from './plan.ts';
import type { Plan } from './plan.ts';
import { Reply } from './reply.ts';

/** A model in a separate process that answers like Gemini, by the last plan it received. */
const pacer = new Pacer();
const open = new Set<Reply>();
let held: (() => void)[] = [];
let plan = fastPlan(1);
let counts = 0;

const calls = {
  plan: (next: Plan) => {
    plan = next;
    counts = 0;
  },
  heldReplies: () => held.length,
  /** Releases the held replies. */
  release: () => {
    const released = held;
    held = [];
    for (const begin of released) begin();
  },
  /** Cuts all replies that have not ended. */
  hangUp: () => {
    held = [];
    for (const reply of open) reply.hangUp();
  },
  openReplies: () => open.size,
  /** The number of count requests since it received its plan. */
  countsAsked: () => counts,
} as const;

export type ModelCalls = typeof calls;

answerCalls(calls);

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => answer(request, response));
});
server.keepAliveTimeout = 60_000;
// A thousand connections can arrive at once.
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  if (url.includes(':streamGenerateContent')) return speak(response);
  if (url.includes(':countTokens')) {
    counts += 1;
    setTimeout(() => answerJson(response, TOKEN_COUNT), plan.countDelay ?? 0);
  } else answerJson(response, MODELS);
}

function answerJson(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

function speak(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  const { perSecond, firstDelay, isHeld } = plan;
  socket.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const reply = new Reply(response, socket, plan);
  open.add(reply);
  response.once('close', () => open.delete(reply));
  const begin = () => {
    if (perSecond !== null) pacer.add(reply, perSecond, firstDelay);
    else if (firstDelay > 0) setTimeout(() => reply.pour(), firstDelay);
    else reply.pour();
  };
  if (isHeld) held.push(begin);
  else begin();
}
