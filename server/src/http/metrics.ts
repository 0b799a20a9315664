import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What Prometheus is told. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  constructor(sources: { runningReplies(): number; openReaders(): number }) {
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'millrace_http_request_seconds',
      help: 'Time to the response; of a stream, to its head',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [this.#registry],
    });
    new Gauge({
      name: 'millrace_running_replies',
      help: 'Replies being made by this process',
      registers: [this.#registry],
      collect() {
        this.set(sources.runningReplies());
      },
    });
    new Gauge({
      name: 'millrace_open_readers',
      help: 'Connections that follow a reply',
      registers: [this.#registry],
      collect() {
        this.set(sources.openReaders());
      },
    });
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
