import { Histogram } from '../measure/histogram.ts';
import { fastPlan, TYPICAL_TEXT_LENGTH } from '../model/plan.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

const CHARACTERS = 1_000_000;
const TIMES = 50;

/** The time in which an ended reply is delivered to a new reader. */
export const resume: Scenario = (bench) =>
  withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const chunks = Math.ceil((bench.isShort ? 10_000 : CHARACTERS) / TYPICAL_TEXT_LENGTH);
    await bench.model.plan(fastPlan(chunks));
    const generationId = await millrace.reply(await millrace.createChat());
    await millrace.rest();
    const request = millrace.reading(`/api/generations/${generationId}/events`);
    const requests = Array.from({ length: bench.isShort ? 3 : TIMES }, () => request);
    const report = await bench.load.repeat({ port: millrace.port, requests, lanes: 1 });
    if (report.chunks !== chunks * requests.length) {
      throw new Error(`${report.chunks} chunks came, of ${chunks * requests.length}`);
    }
    const whole = Histogram.from(report.whole);
    const bytes = report.bytes / requests.length;
    const milliseconds = whole.quantile(0.5) / 1000;
    return {
      tables: [
        {
          title: `${chunks} events, read again ${requests.length} times`,
          note: 'The end event repeats the text. The bytes include both.',
          columns: ['MB', 'ms p50', 'p99', 'first byte p50 (ms)', 'MB/s'],
          rows: [
            [
              bytes / 1e6,
              milliseconds,
              whole.quantile(0.99) / 1000,
              Histogram.from(report.firstByte).quantile(0.5) / 1000,
              bytes / 1e3 / milliseconds,
            ],
          ],
        },
      ],
      figures: { 'resume.megabytesPerSecond': bytes / 1e3 / milliseconds },
    };
  });
