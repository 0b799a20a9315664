import { registerHooks } from 'node:module';

/**
 * Loaded before the server's `main.ts`: the server runs as usual, except for the part that `BENCH_EXCHANGE` names. The
 * difference between two runs is the cost of that part.
 */
const EXCHANGES: Record<string, { original: string; replacement: string } | undefined> = {
  'memory-log': {
    original: '/server/src/adapters/event-log/sqlite/sqlite-event-log.ts',
    replacement: './memory-event-log.ts',
  },
  'single-frames': {
    original: '/server/src/http/sse/native-frames.ts',
    replacement: './single-frames.ts',
  },
};

const exchange = EXCHANGES[process.env.BENCH_EXCHANGE ?? ''];
if (exchange === undefined) throw new Error('BENCH_EXCHANGE is not set');
const replacement = new URL(exchange.replacement, import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    return resolved.url.endsWith(exchange.original) ? { ...resolved, url: replacement } : resolved;
  },
});
