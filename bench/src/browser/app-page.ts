import { chromium } from 'playwright-core';
import type { Browser, CDPSession, Page } from 'playwright-core';

/** The app in a tab of a new guest. */
export class AppPage {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #session: CDPSession;

  private constructor(browser: Browser, page: Page, session: CDPSession) {
    this.#browser = browser;
    this.page = page;
    this.#session = session;
  }

  static async open(executablePath: string, url: string): Promise<AppPage> {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await page.goto(url);
    await page.getByRole('button', { name: 'Try it as a guest' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    return new AppPage(browser, page, session);
  }

  /** The working time of the main thread since the page was opened (ms). */
  async worked(): Promise<number> {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
  }

  /** The number of characters that the last reply shows. */
  shown(): Promise<number> {
    return this.page.evaluate(
      () => [...document.querySelectorAll('[data-testid=message-text]')].at(-1)?.textContent.length ?? 0,
    );
  }

  /** Starts to trace the tasks of the main thread. @returns a function that returns the CPU time of the longest task (ms) */
  async watchTasks(): Promise<() => Promise<number>> {
    const categories = ['disabled-by-default-devtools.timeline'];
    await this.#browser.startTracing(this.page, { categories });
    return async () => longestTask(await this.#browser.stopTracing());
  }

  /** Clicks Stop. @returns when the reply showed that it was stopped (ms after the click) */
  stop(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const start = performance.now();
          const look = () => {
            const reply = [...document.querySelectorAll('[data-message-role=assistant]')].at(-1);
            if (reply?.getAttribute('data-status') === 'stopped') resolve(performance.now() - start);
            else requestAnimationFrame(look);
          };
          document.querySelector<HTMLElement>('button[aria-label=Stop]')?.click();
          look();
        }),
    );
  }

  /** Opens a chat by its URL. @returns when its end was visible (ms after the start of the navigation) */
  async openChat(url: string, end: string): Promise<number> {
    await this.page.goto(url);
    const seen = await this.page.waitForFunction((text) => {
      const view = document.querySelector('[role=log]');
      const last = view?.querySelector('article:last-of-type');
      const isThere = [...(view?.querySelectorAll('[data-testid=message-text]') ?? [])]
        .at(-1)
        ?.textContent.includes(text);
      const isAtEnd = view && view.scrollHeight - view.clientHeight - view.scrollTop <= 1;
      return last && isThere && isAtEnd ? performance.now() : false;
    }, end);
    return Number(await seen.jsonValue());
  }

  /** Scrolls up with the wheel. @returns the frames per second meanwhile */
  async framesWhileScrolled(times: number): Promise<number> {
    await this.page.mouse.move(640, 300);
    const counter = await this.page.evaluateHandle(() => {
      const count = { frames: 0, since: performance.now() };
      const look = () => {
        count.frames += 1;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      return count;
    });
    for (let time = 0; time < times; time += 1) {
      await this.page.mouse.wheel(0, -240);
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
    return counter.evaluate(({ frames, since }) => (frames * 1000) / (performance.now() - since));
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** CPU time (µs), which doesn't depend on other load on the machine. */
  tdur?: number;
  args?: { name?: string };
}

function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents.filter(({ args }) => args?.name === 'CrRendererMain').map((event) => thread(event)),
  );
  let longest = 0;
  for (const event of traceEvents) {
    if (event.name === 'RunTask' && mains.has(thread(event)))
      longest = Math.max(longest, (event.tdur ?? 0) / 1000);
  }
  if (longest === 0) throw new Error('Chromium has traced no tasks');
  return longest;
}
