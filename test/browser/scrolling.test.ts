import type { CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { chunk } from '../support/hand-fed-chunk.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';
import { playFrames, positionAfterLayout, stopClock } from './frames.ts';

const paragraphs = (from: number, count: number) =>
  Array.from({ length: count }, (_item, index) => `Paragraph ${from + index} of the reply.\n\n`).join('');

describeInBrowser('scrolling', () => {
  let model: HandFedModel;
  let chat: ChatPage;
  let touch: CDPSession;
  // Runs after the server is closed.
  afterAll(() => model?.close());
  const app = appInBrowser(async () => {
    model = await HandFedModel.start();
    return { GEMINI_BASE_URL: model.url };
  });
  beforeEach(async () => {
    model.forget();
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    touch = await chat.page.context().newCDPSession(chat.page);
  });
  afterEach(() => chat.close());

  const log = () => chat.page.getByRole('log');
  const jump = () => chat.page.getByRole('button', { name: 'Jump to latest' });
  const topOf = async (text: string) =>
    (await log().getByText(text, { exact: true }).boundingBox())?.y ?? Number.NaN;
  const distance = () => log().evaluate((view) => view.scrollHeight - view.clientHeight - view.scrollTop);
  const scrollBy = (by: number) => log().evaluate((view, pixels) => view.scrollBy(0, pixels), by);

  async function ask(question: string): Promise<void> {
    model.forget();
    await chat.send(question);
    await until('the model has the request', () => model.isAsked);
  }

  async function say(text: string, last: string): Promise<void> {
    model.say(chunk(text));
    await log().getByText(last, { exact: true }).waitFor();
  }

  async function untilAtEnd(): Promise<void> {
    await until('the end is in view', async () => (await distance()) <= 1);
  }

  /** Streams a reply of several view heights, and waits until its end is in view. */
  async function streamLongReply(): Promise<void> {
    await ask('Tell me much');
    await say(paragraphs(0, 40), 'Paragraph 39 of the reply.');
    await untilAtEnd();
  }

  async function endReply(): Promise<void> {
    model.say(chunk('\n\nThe end.', 'STOP'));
    model.end();
    await chat.waitForStatus('completed');
  }

  test('the view follows growing text from the bottom, without visible jumps', async () => {
    await chat.page.clock.install();
    await chat.page.reload();
    await streamLongReply();
    await stopClock(chat.page);
    const frames = [await positionAfterLayout(log())];
    const play = (what: string, condition: () => boolean | Promise<boolean>) =>
      playFrames(chat.page, what, async () => {
        frames.push(await positionAfterLayout(log()));
        return condition();
      });
    for (let index = 40; index < 46; index += 1) {
      model.say(chunk(paragraphs(index, 1)));
      const added = log().getByText(`Paragraph ${index} of the reply.`, { exact: true });
      await play('the next paragraph is shown', () => added.isVisible());
    }
    await play('the end is in view', () => (frames.at(-1)?.behind ?? 0) <= 1);
    const steps = frames.slice(1).map(({ top }, index) => top - (frames[index]?.top ?? 0));
    expect(Math.min(...steps)).toBe(0);
    // A paragraph with its margin has about 45 px.
    expect(steps.filter((by) => by > 0).length).toBeGreaterThan(45);
    expect(Math.max(...steps)).toBeLessThan(40);
    expect(Math.max(...frames.map(({ behind }) => behind))).toBeLessThan(160);
    expect(await jump().count()).toBe(0);
    await chat.page.clock.resume();
    await endReply();
  });

  const WAYS: Record<string, () => Promise<void>> = {
    async wheel() {
      await log().hover();
      await chat.page.mouse.wheel(0, -300);
    },
    async touch() {
      const box = await log().boundingBox();
      const [x, y] = [Math.round((box?.x ?? 0) + 300), 200];
      await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
      for (let by = 20; by <= 300; by += 20)
        await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y: y + by }] });
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    },
    async keyboard() {
      await log().focus();
      await chat.page.keyboard.press('PageUp');
    },
    async scrollbar() {
      const box = await log().boundingBox();
      if (!box) throw new Error('No log');
      const x = box.x + box.width - 5;
      // The thumb is at the end of the scrollbar.
      await chat.page.mouse.move(x, box.y + box.height - 25);
      await chat.page.mouse.down();
      await chat.page.mouse.move(x, box.y + box.height - 125, { steps: 5 });
      await chat.page.mouse.up();
    },
    async 'find in page'() {
      await log().evaluate((view) => {
        view.focus();
        getSelection()?.removeAllRanges();
        const find = (globalThis as unknown as { find: (text: string) => boolean }).find;
        if (!find('Paragraph 5 of')) throw new Error('Not found');
        // Headless Chromium finds the text but doesn't scroll to it.
        getSelection()?.anchorNode?.parentElement?.scrollIntoView({ block: 'center' });
      });
    },
  };

  test.each(Object.keys(WAYS))(
    'scrolling up by %s stops following immediately, and the view no longer moves by itself',
    async (way) => {
      await streamLongReply();
      await WAYS[way]?.();
      await jump().waitFor();
      await untilAtRest();
      expect(await distance()).toBeGreaterThan(64);
      const before = await topOf('Paragraph 20 of the reply.');
      await say(paragraphs(40, 30), 'Paragraph 69 of the reply.');
      await say(
        '```js\nconst answer = 42;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nAfter it.',
        'After it.',
      );
      expect(await topOf('Paragraph 20 of the reply.')).toBe(before);
      await endReply();
      await untilAtRest();
      expect(await topOf('Paragraph 20 of the reply.')).toBe(before);
    },
  );

  test('scrolling up stops a glide in progress', async () => {
    await streamLongReply();
    for (let index = 40; index < 50; index += 1) {
      model.say(chunk(paragraphs(index, 1)));
      if (index === 45) {
        await log().hover();
        await chat.page.mouse.wheel(0, -40);
        await jump().waitFor();
      }
    }
    await untilAtRest();
    await log().getByText('Paragraph 49 of the reply.').waitFor();
    const before = await topOf('Paragraph 20 of the reply.');
    await say(paragraphs(50, 5), 'Paragraph 54 of the reply.');
    expect(await topOf('Paragraph 20 of the reply.')).toBe(before);
    await jump().waitFor();
    await endReply();
  });

  test('scrolling back to within 64 px of the bottom resumes following', async () => {
    await streamLongReply();
    await scrollBy(-500);
    await jump().waitFor();
    await scrollBy(400);
    await untilAtRest();
    // The end may be a fraction of a pixel away.
    expect(Math.abs((await distance()) - 100)).toBeLessThanOrEqual(1);
    expect(await jump().count()).toBe(1);
    await scrollBy(40);
    await jump().waitFor({ state: 'detached' });
    await untilAtEnd();
    await say(paragraphs(40, 5), 'Paragraph 44 of the reply.');
    await untilAtEnd();
    await endReply();
  });

  test('a “Jump to latest” button shows while the end is out of view, with a mark when the reply has grown', async () => {
    await streamLongReply();
    await scrollBy(-600);
    await jump().waitFor();
    expect(await jump().textContent()).toBe('Jump to latest');
    await say(paragraphs(40, 1), 'Paragraph 40 of the reply.');
    await chat.page.getByRole('button', { name: 'Jump to latest New content' }).waitFor();
    await jump().click();
    await jump().waitFor({ state: 'detached' });
    await untilAtEnd();
    await say(paragraphs(41, 5), 'Paragraph 45 of the reply.');
    await untilAtEnd();
    await endReply();
  });

  test('sending a message puts it near the top of the view with the reply growing under it', async () => {
    await streamLongReply();
    await endReply();
    await scrollBy(-700);
    await ask('And a second question');
    await untilAtEnd();
    await untilAtRest();
    const top = (await log().boundingBox())?.y ?? 0;
    const question = await topOf('And a second question');
    expect(question - top).toBeGreaterThan(0);
    expect(question - top).toBeLessThan(48);
    await say('The answer begins.\n\n', 'The answer begins.');
    expect(await topOf('And a second question')).toBe(question);
    await say('It goes on.\n\n', 'It goes on.');
    expect(await topOf('And a second question')).toBe(question);
    expect(await topOf('The answer begins.')).toBeLessThan(question + 120);
    // Once the reply fills the view, the view follows its end.
    await say(paragraphs(100, 40), 'Paragraph 139 of the reply.');
    await untilAtEnd();
    expect(await topOf('And a second question')).toBeLessThan(top);
    await endReply();
  });

  test('code that is highlighted late doesn’t shift what is being read', async () => {
    const held = Promise.withResolvers<void>();
    await chat.page.route(/\/assets\/python-[^/]*\.js$/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await ask('Show me code');
    const code = `\`\`\`python\n${'def f():\n    return 1\n'.repeat(15)}\`\`\`\n\n`;
    await say(code + paragraphs(0, 40), 'Paragraph 39 of the reply.');
    await endReply();
    await log().hover();
    await chat.page.mouse.wheel(0, -400);
    await until('the view is elsewhere', async () => (await distance()) >= 399);
    const before = await topOf('Paragraph 35 of the reply.');
    held.resolve();
    const keyword = log().getByText('def', { exact: true }).first();
    await keyword.waitFor({ state: 'attached' });
    expect(await topOf('Paragraph 35 of the reply.')).toBeCloseTo(before, 0);
  });

  test('opening a chat starts at its end without an animation', async () => {
    await streamLongReply();
    await endReply();
    await chat.page.addInitScript(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      const look = () => {
        const view = document.querySelector('[role=log]');
        const hasText = view?.textContent?.includes('Paragraph 39 ') ?? false;
        if (view && hasText) seen.push(view.scrollHeight - view.clientHeight - view.scrollTop);
        requestAnimationFrame(look);
      };
      // Runs after the frame's other callbacks, so it sees what is painted.
      requestAnimationFrame(look);
    });
    await chat.page.reload();
    await log().getByText('The end.').waitFor();
    await untilAtRest();
    const seen = await chat.page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    expect(seen.length).toBeGreaterThan(3);
    expect(Math.max(...seen)).toBeLessThanOrEqual(1);
  });

  /** Waits until the view hasn't moved for some frames. */
  async function untilAtRest(): Promise<void> {
    await log().evaluate(
      (view) =>
        new Promise<void>((resolve) => {
          let [top, still] = [view.scrollTop, 0];
          const look = () => {
            still = view.scrollTop === top ? still + 1 : 0;
            top = view.scrollTop;
            if (still > 20) resolve();
            else requestAnimationFrame(look);
          };
          look();
        }),
    );
  }
});
