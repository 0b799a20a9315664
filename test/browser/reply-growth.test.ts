import { afterAll, expect, test } from 'vitest';
import { chunk } from '../support/hand-fed-chunk.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage, words } from './chat-page.ts';
import { playFrames, stopClock } from './frames.ts';

const TEXT = words(400);

describeInBrowser('the text of a reply grows', () => {
  let model: HandFedModel;
  const app = appInBrowser(async () => {
    model = await HandFedModel.start();
    return { GEMINI_BASE_URL: model.url };
  });
  afterAll(() => model?.close());

  const PIECES = Array.from({ length: 10 }, (_item, index) => `Sentence ${index} has ${words(10)}. `);

  /** The lengths of the text, each time it had grown. */
  async function lengths(reducedMotion: 'reduce' | 'no-preference'): Promise<number[]> {
    const context = await app.browser.newContext({ reducedMotion, viewport: { width: 1280, height: 800 } });
    await context.clock.install();
    const chat = await ChatPage.ofNewGuestIn(context, app.server.url);
    await chat.page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const length = document.querySelector('[data-testid=message-text]')?.textContent.length ?? 0;
        if (length > (seen.at(-1) ?? 0)) seen.push(length);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    model.forget();
    await chat.send('Say something');
    await until('the model has the request', () => model.isAsked);
    await stopClock(chat.page);
    let said = '';
    for (const piece of PIECES) {
      said += piece;
      model.say(chunk(piece));
      const isShown = async () =>
        (await chat.replyText.count()) > 0 && (await chat.text()) === said.trimEnd();
      await playFrames(chat.page, 'the piece is shown', isShown);
    }
    await chat.page.clock.resume();
    model.say(chunk('The end.', 'STOP'));
    model.end();
    await chat.waitForStatus('completed');
    expect(await chat.text()).toBe(`${said}The end.`);
    const seen = await chat.page.evaluate(() => (window as unknown as { seen: number[] }).seen);
    await chat.close();
    return seen;
  }

  test('smoothly, in more steps than chunks; without smoothing where the system asks for reduced motion', async () => {
    const pieces = PIECES.length + 1;
    expect((await lengths('no-preference')).length).toBeGreaterThan(1.5 * pieces);
    expect((await lengths('reduce')).length).toBeLessThanOrEqual(pieces + 1);
  });
});

describeInBrowser('a reply that grows', () => {
  const pace = { chunkDelayMs: 150, chunkChars: 120 };
  const app = appInBrowser({}, { mode: 'echo', pace });

  test('“Thinking” shows until the first token, with Stop instead of Send', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    app.server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 0 } }]);
    await chat.send('think first');
    await chat.replies.last().getByText('Thinking').waitFor();
    await chat.button('Stop').waitFor();
    expect(await chat.button('Send').count()).toBe(0);
    await chat.button('Stop').click();
    await chat.button('Send').waitFor();
    await chat.replies.last().getByText('Stopped', { exact: true }).waitFor();
    expect(await chat.page.getByText('Thinking').count()).toBe(0);
    await chat.close();
  });

  test('Stop works while the model is silent, and keeps and marks the text so far', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    app.server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 3 } }]);
    await chat.send('say something and then nothing');
    await chat.waitForText('word20 ');
    await chat.button('Stop').click();
    await chat.waitForStatus('stopped');
    await chat.replies.last().getByText('Stopped', { exact: true }).waitFor();
    expect((await chat.text()).length).toBeGreaterThan(100);
    expect(TEXT.startsWith(await chat.text())).toBe(true);
    await chat.button('Send').waitFor();
    await chat.close();
  });

  test('Stop works before the chat of a first message is created', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const held = Promise.withResolvers<void>();
    await chat.page.route('**/api/chats', async (route) => {
      await held.promise;
      await route.continue();
    });
    app.server.simulator.script([{ text: TEXT, fault: { kind: 'stall', afterChunks: 0 } }]);
    await chat.send('no, wait');
    await chat.button('Stop').click();
    held.resolve();
    await chat.waitForStatus('stopped');
    expect(await chat.questions.count()).toBe(1);
    await chat.close();
  });

  test('a sent message shows before the server has answered', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    const held = Promise.withResolvers<void>();
    await chat.page.route('**/api/chats**', async (route) => {
      await held.promise;
      await route.continue();
    });
    await chat.send('here at once');
    await chat.questions.getByText('here at once').waitFor();
    await chat.replies.or(chat.page.getByRole('log')).getByText('Thinking').waitFor();
    held.resolve();
    await chat.waitForStatus('completed');
    expect(await chat.questions.count()).toBe(1);
    await chat.close();
  });
});
