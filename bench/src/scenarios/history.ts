import { Histogram } from '../measure/histogram.ts';
import { TYPICAL_TEXT_LENGTH } from '../model/plan.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

/** Half of them are the user's. */
const MESSAGES = 1000;
/** The length of each of the model's messages. */
const CHARACTERS = 1000;
const TIMES = 100;

/** Reads the messages of a long chat, as opening it does. */
export const history: Scenario = (bench) =>
  withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const exchanges = (bench.isShort ? 10 : MESSAGES) / 2;
    const plan = { perSecond: null, firstDelay: 0, isHeld: false, chunks: 1, textLength: CHARACTERS };
    await bench.model.plan(plan);
    const chatId = await millrace.createChat();
    for (let exchange = 0; exchange < exchanges; exchange += 1) {
      await millrace.reply(chatId, { content: 'And then?'.padEnd(TYPICAL_TEXT_LENGTH) });
    }
    await millrace.rest();
    const request = millrace.reading(`/api/chats/${chatId}/messages?limit=1000`);
    const requests = Array.from({ length: bench.isShort ? 3 : TIMES }, () => request);
    const before = millrace.usage();
    const report = await bench.load.repeat({ port: millrace.port, requests, lanes: 1 });
    const after = millrace.usage();
    const bytes = report.bytes / requests.length;
    if (bytes < exchanges * CHARACTERS) throw new Error(`Only ${bytes} bytes of messages arrived`);
    const whole = Histogram.from(report.whole);
    return {
      tables: [
        {
          title: `${exchanges * 2} messages`,
          note: `Replies of ${CHARACTERS} characters.`,
          columns: ['MB', 'ms p50', 'p99', 'ms CPU'],
          rows: [
            [
              bytes / 1e6,
              whole.quantile(0.5) / 1000,
              whole.quantile(0.99) / 1000,
              before === null || after === null ? null : (after.cpu - before.cpu) / 1000 / requests.length,
            ],
          ],
        },
      ],
      figures: { 'history.median': whole.quantile(0.5) / 1000 },
    };
  });
