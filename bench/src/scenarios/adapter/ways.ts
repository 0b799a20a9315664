import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { GeminiProvider } from '../../../../server/src/adapters/models/gemini/gemini-provider.ts';
import { textTurn } from '../../../../server/src/core/prompt-turns.ts';
import { NULL_SINK } from '../../../../server/src/core/retrying-sink.ts';
import { ResilientModel } from '../../../../server/src/core/resilient-model.ts';
import { systemClock } from '../../../../server/src/adapters/system/clock.ts';

/** Reads one reply, and calls back with each text. */
type Way = (onText: (text: string) => void) => Promise<void>;

const MODEL = 'gemini-3.8-flash';
const QUESTION = 'go on';

/** Ways to read the model. Each is created once for all replies of a process, as in a server. */
export const WAYS = {
  'undici + eventsource-parser': (url: string): Way => {
    const dispatcher = new Agent();
    return async (onText) => {
      const { body } = await request(`${url}/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: QUESTION }] }] }),
        dispatcher,
      });
      const parser = createParser({
        onEvent({ data }) {
          const chunk = JSON.parse(data) as { candidates: { content: { parts: { text: string }[] } }[] };
          onText(chunk.candidates[0]?.content.parts[0]?.text ?? '');
        },
      });
      body.setEncoding('utf8');
      body.on('data', (text: string) => parser.feed(text));
      await new Promise((resolve, reject) => body.on('end', resolve).on('error', reject));
    };
  },
  /** The server's settings. */
  Millrace: (url: string): Way => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const timeouts = { idleTimeoutMs: 60_000, modelsTimeoutMs: 4000 };
    const gemini = new GeminiProvider({
      apiKey: 'bench',
      baseUrl: url,
      tunedModels: [],
      ...timeouts,
      prices: { of: () => null },
      clock: systemClock,
      logger,
    });
    const provider = new ResilientModel(gemini, {
      fallbackModels: [],
      maxRetries: 2,
      retryWindowMs: 30_000,
      outagesBeforeCoolDown: 5,
      maxContinuations: 0,
      fallbackReply: null,
      settingOf: () => null,
      clock: systemClock,
      logger,
    });
    return async (onText) => {
      const turns = [textTurn('user', QUESTION)];
      const sink = { ...NULL_SINK, text: onText };
      const parameters = { temperature: null, thinking: null, safety: {} };
      const asked = {
        model: MODEL,
        system: null,
        turns,
        maxOutputTokens: 8192,
        parameters,
        continuation: null,
      };
      await provider.generate(asked, sink, new AbortController().signal);
    };
  },
  '@google/genai': (url: string): Way => {
    const ai = new GoogleGenAI({ apiKey: 'bench', httpOptions: { baseUrl: url } });
    return async (onText) => {
      const chunks = await ai.models.generateContentStream({ model: MODEL, contents: QUESTION });
      for await (const { text } of chunks) onText(text ?? '');
    };
  },
  '@ai-sdk/google doStream': (url: string): Way => {
    const model = createGoogleGenerativeAI({ apiKey: 'bench', baseURL: `${url}/v1beta` })(MODEL);
    return async (onText) => {
      const content = [{ type: 'text' as const, text: QUESTION }];
      const { stream } = await model.doStream({ prompt: [{ role: 'user', content }] });
      for await (const part of stream) if (part.type === 'text-delta') onText(part.delta);
    };
  },
  'AI SDK streamText': (url: string): Way => {
    const model = createGoogleGenerativeAI({ apiKey: 'bench', baseURL: `${url}/v1beta` })(MODEL);
    return async (onText) => {
      const { textStream } = streamText({ model, prompt: QUESTION });
      for await (const text of textStream) onText(text);
    };
  },
} satisfies Record<string, (url: string) => Way>;

export type WayName = keyof typeof WAYS;
