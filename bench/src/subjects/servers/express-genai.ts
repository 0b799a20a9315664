import { createServer } from 'node:http';
import { GoogleGenAI } from '@google/genai';
import express from 'express';
import type { Request, Response } from 'express';
import { listen, MODEL_URL } from './listen.ts';

/** Google's SDK in an Express handler, as its documentation shows. */
const ai = new GoogleGenAI({ apiKey: 'bench', httpOptions: { baseUrl: MODEL_URL } });
const app = express();

app.post('/chat', express.json(), (request: Request<object, unknown, { message: string }>, response) => {
  void answer(request.body.message, response);
});

async function answer(message: string, response: Response): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
  response.flushHeaders();
  try {
    const chunks = await ai.models.generateContentStream({
      model: 'gemini-3.8-flash',
      contents: message,
      config: { abortSignal: left.signal },
    });
    for await (const { text } of chunks) response.write(`data: ${JSON.stringify({ text })}\n\n`);
    response.end();
  } catch {
    response.destroy();
  }
}

listen(createServer(app));
