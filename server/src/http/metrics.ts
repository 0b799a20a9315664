import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Charge } from '../core/settle.ts';
import type { TokenCounter } from '../ports/token-counter.ts';

/** Metrics in Prometheus' format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;
  readonly #tokens: Counter<'model' | 'source'>;
  readonly #costMicros: Counter<'model'>;
  readonly #cachedReplies: Counter;

  constructor(sources: {
    runningReplies(): number;
    openReaders(): number;
    openReservations(): Promise<number>;
    counter: TokenCounter | null;
  }) {
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'millrace_http_request_seconds',
      help: 'Time until the response; for a stream, until its headers',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [this.#registry],
    });
    new Gauge({
      name: 'millrace_running_replies',
      help: 'Replies that this process is generating',
      registers: [this.#registry],
      collect() {
        this.set(sources.runningReplies());
      },
    });
    this.#tokens = new Counter({
      name: 'millrace_tokens_charged_total',
      help: 'Tokens charged to users, by model and usage source',
      labelNames: ['model', 'source'],
      registers: [this.#registry],
    });
    this.#costMicros = new Counter({
      name: 'millrace_cost_charged_micro_dollars_total',
      help: 'Micro-dollars charged to users, by model',
      labelNames: ['model'],
      registers: [this.#registry],
    });
    this.#cachedReplies = new Counter({
      name: 'millrace_cached_replies_total',
      help: 'Replies served from the reply cache, which cost nothing',
      registers: [this.#registry],
    });
    new Gauge({
      name: 'millrace_reservations_open',
      help: 'Reservations of this process that are not settled yet',
      registers: [this.#registry],
      async collect() {
        this.set(await sources.openReservations());
      },
    });
    new Gauge({
      name: 'millrace_count_cache_hit_ratio',
      help: 'Share of token counts answered from the cache; 0 before the first count',
      registers: [this.#registry],
      collect() {
        const { requested = 0, cacheHits = 0 } = sources.counter ?? {};
        this.set(requested === 0 ? 0 : cacheHits / requested);
      },
    });
    new Gauge({
      name: 'millrace_open_readers',
      help: 'Open connections that stream a reply',
      registers: [this.#registry],
      collect() {
        this.set(sources.openReaders());
      },
    });
  }

  /** Called on each settlement. */
  observeCharge({ model, usageSource, cached, tokens, costMicros }: Charge): void {
    if (cached) this.#cachedReplies.inc();
    this.#tokens.inc({ model, source: usageSource }, tokens);
    this.#costMicros.inc({ model }, costMicros);
  }

  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void {
    this.#requests.observe(labels, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
