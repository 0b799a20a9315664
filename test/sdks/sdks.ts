import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { embedMany, generateText, streamText } from 'ai';

const MODEL = 'gemini-3.8-flash';
const EMBEDDING_MODEL = 'gemini-embedding-001';

/** An SDK's result for a streamed reply. */
export interface SdkAnswer {
  text: string;
  finishReason?: string | undefined;
  finishMessage?: string | undefined;
  totalTokens?: number | undefined;
  modelVersion?: string | undefined;
  /** The errors that it reports without throwing. */
  errors?: string[];
}

/** The common interface of the SDKs. Optional methods are those that not every SDK has. */
export interface Sdk {
  name: string;
  stream(question: string): Promise<SdkAnswer>;
  generate(question: string): Promise<string | undefined>;
  embed(texts: string[]): Promise<number[][]>;
  /** Reads one chunk of a streamed reply and leaves the loop. */
  leave(question: string): Promise<void>;
  countTokens?(question: string): Promise<number | undefined>;
  models?(): Promise<(string | undefined)[]>;
}

/** `@google/genai`, `@google/generative-ai` and `@ai-sdk/google`, with the same service. */
export function sdksOf(url: string): { genai: Sdk; generativeAi: Sdk; aiSdk: Sdk } {
  return { genai: genaiOf(url), generativeAi: generativeAiOf(url), aiSdk: aiSdkOf(url) };
}

function genaiOf(baseUrl: string): Sdk {
  const { models } = new GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl } });
  const ask = (contents: string) => models.generateContentStream({ model: MODEL, contents });
  return {
    name: '@google/genai',
    async stream(question) {
      const answer: SdkAnswer = { text: '', finishReason: undefined };
      for await (const chunk of await ask(question)) {
        const [candidate] = chunk.candidates ?? [];
        answer.text += chunk.text ?? '';
        answer.finishReason = candidate?.finishReason;
        answer.finishMessage = candidate?.finishMessage;
        answer.totalTokens = chunk.usageMetadata?.totalTokenCount;
        answer.modelVersion = chunk.modelVersion;
      }
      return answer;
    },
    generate: async (contents) => (await models.generateContent({ model: MODEL, contents })).text,
    async embed(contents) {
      const { embeddings = [] } = await models.embedContent({ model: EMBEDDING_MODEL, contents });
      return embeddings.map(({ values = [] }) => values);
    },
    async leave(question) {
      for await (const _chunk of await ask(question)) break;
    },
    countTokens: async (contents) => (await models.countTokens({ model: MODEL, contents })).totalTokens,
    async models() {
      const names: (string | undefined)[] = [];
      for await (const model of await models.list({ config: { pageSize: 4 } })) names.push(model.name);
      return names;
    },
  };
}

function generativeAiOf(baseUrl: string): Sdk {
  const service = new GoogleGenerativeAI('test');
  const model = service.getGenerativeModel({ model: MODEL }, { baseUrl });
  return {
    name: '@google/generative-ai',
    async stream(question) {
      const { stream, response } = await model.generateContentStream(question);
      const read = async () => {
        let text = '';
        for await (const chunk of stream) text += chunk.text();
        return text;
      };
      const [text, { candidates, usageMetadata }] = await Promise.all([read(), response]);
      const { finishReason, finishMessage } = candidates?.[0] ?? {};
      return { text, finishReason, finishMessage, totalTokens: usageMetadata?.totalTokenCount };
    },
    generate: async (question) => (await model.generateContent(question)).response.text(),
    async embed(texts) {
      const embedder = service.getGenerativeModel({ model: EMBEDDING_MODEL }, { baseUrl });
      const requests = texts.map((text) => ({ content: { role: 'user', parts: [{ text }] } }));
      return (await embedder.batchEmbedContents({ requests })).embeddings.map(({ values }) => values);
    },
    async leave(question) {
      for await (const _chunk of (await model.generateContentStream(question)).stream) break;
    },
    countTokens: async (question) => (await model.countTokens(question)).totalTokens,
  };
}

function aiSdkOf(url: string): Sdk {
  const google = createGoogle({ apiKey: 'test', baseURL: `${url}/v1beta` });
  const model = google(MODEL);
  return {
    name: '@ai-sdk/google',
    async stream(prompt) {
      const errors: string[] = [];
      const onError = ({ error }: { error: unknown }) => void errors.push(String(error));
      const result = streamText({ model, prompt, maxRetries: 0, onError });
      let text = '';
      for await (const piece of result.textStream) text += piece;
      const { totalTokens } = await result.usage;
      return { text, finishReason: await result.finishReason, totalTokens, errors };
    },
    generate: async (prompt) => (await generateText({ model, prompt })).text,
    async embed(values) {
      return (await embedMany({ model: google.embeddingModel(EMBEDDING_MODEL), values })).embeddings;
    },
    async leave(prompt) {
      for await (const _piece of streamText({ model, prompt }).textStream) break;
    },
  };
}
