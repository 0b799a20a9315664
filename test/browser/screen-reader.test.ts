import { afterAll, expect, test } from 'vitest';
import { chunk } from '../support/hand-fed-chunk.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('the chat app with a screen reader', () => {
  let model: HandFedModel;
  // Runs after the server is closed.
  afterAll(() => model?.close());
  const app = appInBrowser(async () => {
    model = await HandFedModel.start();
    return { GEMINI_BASE_URL: model.url };
  });

  const announced = (chat: ChatPage) => chat.page.getByTestId('announcer').locator('p').allTextContents();

  async function asked(chat: ChatPage, question: string): Promise<void> {
    model.forget();
    await chat.send(question);
    await until('the model has the request', () => model.isAsked);
  }

  test('each finished sentence is announced once while the reply streams', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.page.evaluate(() => {
      const said: string[] = [];
      Object.assign(window, { said });
      new MutationObserver((changes) => {
        for (const { target, addedNodes, type } of changes) {
          const region =
            target.parentElement?.closest('[aria-live]') ?? (target as Element).closest?.('[aria-live]');
          if (region?.getAttribute('aria-live') !== 'polite') continue;
          if (type === 'characterData') said.push(`changed: ${target.textContent}`);
          for (const node of addedNodes) said.push(node.textContent ?? '');
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await asked(chat, 'Tell me');
    model.say(chunk('The wheel '), chunk('tur'));
    await chat.waitForText('The wheel tur');
    expect(await announced(chat)).toEqual([]);
    model.say(chunk('ns. It **gri'));
    await chat.waitForText('It gri');
    await until('the first sentence is announced', async () => (await announced(chat)).length === 1);
    expect(await announced(chat)).toEqual(['The wheel turns.']);
    model.say(chunk('nds** corn.\n\n```ts\nrun'));
    await chat.waitForText('run');
    model.say(chunk('();\n```\nThe end', 'STOP'));
    model.end();
    await chat.waitForStatus('completed');
    const all = ['The wheel turns.', 'It grinds corn.', 'Code block.', 'The end'];
    await until('the end is announced', async () => (await announced(chat)).length === all.length);
    expect(await announced(chat)).toEqual(all);
    expect(await chat.page.evaluate(() => (window as unknown as { said: string[] }).said)).toEqual(all);
    expect(await chat.page.getByRole('log').getAttribute('aria-live')).toBe('off');
    await chat.close();
  });

  test('“Stopped” is announced after the text of a stopped reply', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await asked(chat, 'Tell me');
    model.say(chunk('First. Then'));
    await chat.waitForText('Then');
    await chat.button('Stop').click();
    await chat.waitForStatus('stopped');
    const all = ['First.', 'Then', 'Stopped'];
    await until('the stop is announced', async () => (await announced(chat)).length === all.length);
    expect(await announced(chat)).toEqual(all);
    await chat.close();
  });

  test('text that was there when a chat is opened isn’t announced; new text of its reply is', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await asked(chat, 'Tell me');
    model.say(chunk('Heard before. And now'));
    await chat.waitForText('And now');
    await chat.page.reload();
    await chat.waitForText('And now');
    expect(await announced(chat)).toEqual([]);
    model.say(chunk(' comes more. End', 'STOP'));
    model.end();
    await chat.waitForStatus('completed');
    const heard = async () => (await announced(chat)).join(' ');
    await until('the last sentence is announced', async () => (await heard()).endsWith('comes more. End'));
    expect(await heard()).not.toContain('Heard before');
    await chat.close();
  });
});
