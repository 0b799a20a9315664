import { setTimeout as sleep } from 'node:timers/promises';
import { AppPage } from '../browser/app-page.ts';
import { markdownText } from '../browser/markdown-text.ts';
import { median } from '../measure/statistics.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario, Table } from '../scenario.ts';

const REPLY = 100_000;
const PER_SECOND = 200;
/** 100 KB in 2,000 events. */
const PIECE = 50;
/** Half of them are the user's. */
const MESSAGES = 1000;
const CHARACTERS = 1000;
const STOPS = 10;
const OPENED = 3;
const TURNS_OF_WHEEL = 120;
const SCROLLED = '<!doctype html><div style="height:400000px"></div><script>scrollTo(0, 400000)</script>';

type Part = Pick<Outcome, 'figures'> & { table: Table };

/** The app with a long reply and with a long chat. */
export const chatApp: Scenario = async (bench) => {
  const chromium = process.env.MILLRACE_CHROMIUM ?? '';
  if (chromium === '') {
    bench.say('there is no Chromium, so this is left out');
    return null;
  }
  return withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const url = `http://127.0.0.1:${millrace.port}`;
    const app = await AppPage.open(chromium, url);
    try {
      const parts = [
        await longReply(bench, app),
        await stopping(bench, app),
        await longChat(bench, app, url),
      ];
      return {
        tables: parts.map(({ table }) => table),
        figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as Record<string, number>,
      };
    } finally {
      await app.close();
    }
  });
};

async function longReply({ model, isShort }: Bench, app: AppPage): Promise<Part> {
  const text = markdownText(isShort ? 10_000 : REPLY);
  const plan = { perSecond: PER_SECOND, textLength: PIECE, firstDelay: 0, isHeld: false, text };
  await model.plan({ ...plan, chunks: Math.ceil(text.length / PIECE) });
  await app.page.getByRole('textbox', { name: 'Message' }).fill('Tell me all of it');
  await app.page.getByRole('button', { name: 'Send' }).click();
  await app.page.getByTestId('message-text').waitFor();
  await sleep(isShort ? 50 : 1000);
  const longestTask = await app.watchTasks();
  const costs: number[] = [];
  const completed = app.page.locator('[data-message-role=assistant][data-status=completed]');
  while ((await completed.count()) === 0) {
    const before = [await app.worked(), await app.shown()] as const;
    await sleep(isShort ? 100 : 1000);
    const grown = (await app.shown()) - before[1];
    // The last second is incomplete and contains the end of the reply.
    if (grown > 0) costs.push(((await app.worked()) - before[0]) / (grown / PIECE));
  }
  if (costs.length < 2) throw new Error('The reply ended too soon to be measured');
  const third = Math.max(1, Math.floor(costs.length / 3));
  const [early, late] = [median(costs.slice(0, third)), median(costs.slice(-third - 1, -1))];
  const longest = await longestTask();
  return {
    table: {
      title: `A reply of ${text.length / 1000} KB, ${PER_SECOND} events/s`,
      note: 'Main thread time per event in the first and the last third, and CPU time of the longest task after the first second.',
      columns: ['early (ms)', 'late (ms)', 'longest task (ms)'],
      rows: [[early, late, longest]],
    },
    figures: { 'chat-app.lateToEarly': late / early, 'chat-app.longestTask': longest },
  };
}

async function stopping({ model, isShort }: Bench, app: AppPage): Promise<Part> {
  const text = markdownText(REPLY);
  const plan = { perSecond: PER_SECOND, textLength: PIECE, firstDelay: 0, isHeld: false, text };
  const took: number[] = [];
  for (let time = 0; time < (isShort ? 1 : STOPS); time += 1) {
    await model.plan({ ...plan, chunks: Math.ceil(text.length / PIECE) });
    await app.page.getByRole('textbox', { name: 'Message' }).fill('Tell me until I stop you');
    await app.page.getByRole('button', { name: 'Send' }).click();
    await app.page.locator('[data-status=running]').getByTestId('message-text').waitFor();
    took.push(await app.stop());
    await app.page.getByRole('button', { name: 'Send' }).waitFor();
  }
  return {
    table: {
      title: 'Stop',
      note: `The time from the click until the reply is shown as stopped, at ${PER_SECOND} events/s.`,
      columns: ['median (ms)', 'longest (ms)'],
      rows: [[median(took), Math.max(...took)]],
    },
    figures: { 'chat-app.stop': median(took) },
  };
}

async function longChat({ model, isShort }: Bench, app: AppPage, url: string): Promise<Part> {
  const text = `${markdownText(CHARACTERS)}\n\nThe end.`;
  await model.plan({
    perSecond: null,
    firstDelay: 0,
    isHeld: false,
    chunks: 1,
    textLength: text.length,
    text,
  });
  const { request } = app.page.context();
  const headers = { origin: url };
  const created = await request.post(`${url}/api/chats`, { data: {}, headers });
  const { id } = (await created.json()) as { id: string };
  for (let exchange = 0; exchange < (isShort ? 12 : MESSAGES / 2); exchange += 1) {
    const data = { content: `Question ${exchange}` };
    const answered = await request.post(`${url}/api/chats/${id}/messages`, { data, headers });
    if (!(await answered.text()).includes('\nevent: done\n'))
      throw new Error(`No reply: ${answered.status()}`);
  }
  const opened: number[] = [];
  for (let time = 0; time < (isShort ? 1 : OPENED); time += 1) {
    opened.push(await app.openChat(`${url}/chats/${id}`, 'The end.'));
  }
  const times = isShort ? 10 : TURNS_OF_WHEEL;
  const frames = await app.framesWhileScrolled(times);
  await app.page.goto(`data:text/html,${encodeURIComponent(SCROLLED)}`);
  const empty = await app.framesWhileScrolled(times);
  return {
    table: {
      title: `A chat of ${isShort ? 24 : MESSAGES} messages`,
      note: `Replies of ${CHARACTERS} characters. Opened by its URL until its end is visible, then scrolled by the wheel at once.`,
      columns: ['opens (ms)', 'frames/s', 'of an empty page'],
      rows: [[median(opened), frames, empty]],
    },
    figures: { 'chat-app.opens': median(opened), 'chat-app.framesToEmpty': frames / empty },
  };
}
