import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { listen, MODEL_URL } from './listen.ts';

/** The minimum: `fetch`, a parser, and `response.write` for each event. */
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' };
const broadcasts: Set<ServerResponse>[] = [];

listen(
  createServer((request, response) => {
    request.resume();
    const { url = '' } = request;
    if (url === '/broadcast') return void beginBroadcast(response);
    response.writeHead(200, HEADERS);
    response.flushHeaders();
    if (!url.startsWith('/follow/')) return void answer(response);
    const readers = broadcasts[Number(url.slice('/follow/'.length))];
    readers?.add(response);
    response.once('close', () => readers?.delete(response));
  }),
);

async function answer(response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    for await (const frames of ask(left.signal)) for (const frame of frames) response.write(frame);
    response.end();
  } catch {
    response.destroy();
  }
}

/** Starts one reply for all its followers. The response is its number. */
async function beginBroadcast(response: ServerResponse): Promise<void> {
  const readers = new Set<ServerResponse>();
  response.end(String(broadcasts.push(readers) - 1));
  try {
    for await (const frames of ask()) await writeToAll(readers, frames);
    for (const reader of readers) reader.end();
  } catch {
    for (const reader of readers) reader.destroy();
  }
}

/**
 * `node:http` joins all writes of one turn of the event loop. With `ONE_A_TURN`, each event gets its own turn, and so its
 * own write.
 */
async function writeToAll(readers: ReadonlySet<ServerResponse>, frames: readonly string[]): Promise<void> {
  for (const frame of frames) {
    for (const reader of readers) reader.write(frame);
    if (process.env.ONE_A_TURN) await setImmediate();
  }
}

/** The model's texts, grouped as they arrive. */
async function* ask(signal?: AbortSignal): AsyncGenerator<string[]> {
  const response = await fetch(`${MODEL_URL}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"contents":[{"role":"user","parts":[{"text":"go on"}]}]}',
    signal: signal ?? null,
  });
  let frames: string[] = [];
  const parser = createParser({
    onEvent({ data }) {
      const chunk = JSON.parse(data) as { candidates: { content: { parts: { text: string }[] } }[] };
      frames.push(`data: ${JSON.stringify({ text: chunk.candidates[0]?.content.parts[0]?.text })}\n\n`);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    frames = [];
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield frames;
  }
}
