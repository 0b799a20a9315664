import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A model in a process of its own that answers like Gemini and stamps each chunk with the moment it is written, in
 * nanoseconds of the machine's monotonic clock, which all processes share. CHUNKS and DELAY_MS come from the environment.
 */
const chunks = Number(process.env.CHUNKS ?? 50);
const delay = Number(process.env.DELAY_MS ?? 20);

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    speak(response, 1);
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});

function speak(response: ServerResponse, index: number): void {
  const isLast = index === chunks;
  const text = `${process.hrtime.bigint()} ${index} of ${chunks}; `;
  const usage = { promptTokenCount: 5, candidatesTokenCount: index * 10, totalTokenCount: 5 + index * 10 };
  const chunk = {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(isLast && { finishReason: 'STOP' }) }],
    usageMetadata: usage,
    modelVersion: 'stamped',
  };
  response.write(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
  if (isLast) response.end();
  else setTimeout(() => speak(response, index + 1), delay);
}
