import { startSimulator } from 'millrace-gemini-simulator';
import type { LogEntry, ScriptItem } from 'millrace-gemini-simulator';
import { modelProviderContract } from '../../../ports/model-provider.contract.ts';
import { RETRY_AFTER_SECONDS } from '../../../ports/model-provider.fixture.ts';
import type {
  ReceivedRequest,
  ServiceCapability,
  ServiceFailure,
} from '../../../ports/model-provider.fixture.ts';
import { PriceList } from '../../prices/price-list.ts';
import { systemClock } from '../../system/clock.ts';
import { SILENT_LOGGER } from '../../system/silent-logger.ts';
import { GeminiProvider } from './gemini-provider.ts';

const FAILURES: Record<ServiceFailure, ScriptItem> = {
  'bad-key': '400-bad-key',
  'out-of-credit': '402',
  'rate-limited': { kind: 'error', error: '429', retryDelay: `${RETRY_AFTER_SECONDS}s` },
  'unknown-model': '404',
  'rejected-request': '400',
  'server-error': '500',
  overloaded: '503',
  'no-answer': 'hang',
  'connection-reset': 'reset',
  garbage: { kind: 'http', status: 200, body: '<html>Please sign in to the network' },
  empty: 'empty',
  'blocked-prompt': 'prompt-block',
};

const FINISH_REASONS = { stop: 'STOP', length: 'MAX_TOKENS', blocked: 'SAFETY' };

const CAPABILITIES: readonly ServiceCapability[] = [
  'image-input',
  'image-count',
  'thoughts',
  'reply-without-usage',
  'bad-key',
  'out-of-credit',
  'retry-after',
  'blocked-prompt',
  'blocked-reply',
  'count-failure',
];

/** The fields of a request's body that the suite asks for. */
interface Body {
  systemInstruction?: { parts: { text: string }[] };
  generationConfig: { temperature?: number; maxOutputTokens?: number };
  contents: { parts: { inlineData?: { data: string } }[] }[];
}

modelProviderContract('Gemini', CAPABILITIES, async () => {
  const simulator = await startSimulator();
  const provider = new GeminiProvider({
    apiKey: 'key',
    baseUrl: simulator.url,
    tunedModels: [],
    idleTimeoutMs: 500,
    modelsTimeoutMs: 500,
    prices: PriceList.read(null),
    clock: systemClock,
    logger: SILENT_LOGGER,
  });
  const requests = () => simulator.log().filter(({ method }) => method === 'streamGenerateContent');
  return {
    provider,
    model: 'gemini-3.8-flash',
    privateText: 'c2lnbmF0dXJl',
    replyNext({ chunks, thoughts = [], end = 'stop', reportsUsage = true, writeBytes, fault }) {
      simulator.script([
        {
          chunks,
          thoughts,
          finishReason: FINISH_REASONS[end],
          thoughtSignature: 'c2lnbmF0dXJl',
          usage: reportsUsage ? 'full' : 'missing',
          ...(writeBytes && { writeBytes }),
          ...(fault && { fault: { kind: fault, afterChunks: 1 } }),
        },
      ]);
    },
    failNext: (failure) => void simulator.script([FAILURES[failure]]),
    failCounting: () => simulator.counting('500'),
    stopService: () => simulator.close(),
    requestCount: () => requests().length,
    lastRequest: () => receivedRequest(requests().at(-1)),
    openRequestCount: () =>
      requests().filter(
        ({ finishedAt, closedByClientAt }) => finishedAt === undefined && closedByClientAt === undefined,
      ).length,
    async close() {
      await provider.close();
      await simulator.close().catch(() => {});
    },
  };
});

function receivedRequest(entry: LogEntry | undefined): ReceivedRequest {
  if (entry === undefined) throw new Error('The service has received no request');
  const { systemInstruction, generationConfig, contents } = entry.body as Body;
  return {
    model: entry.model,
    system: systemInstruction?.parts.map(({ text }) => text).join('') ?? null,
    temperature: generationConfig.temperature ?? null,
    maxOutputTokens: generationConfig.maxOutputTokens ?? null,
    body: JSON.stringify(entry.body),
    images: contents
      .flatMap(({ parts }) => parts)
      .flatMap(({ inlineData }) =>
        inlineData === undefined ? [] : [Uint8Array.from(Buffer.from(inlineData.data, 'base64'))],
      ),
  };
}
