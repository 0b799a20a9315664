import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, WEB_ROOT } from '../support/browser.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';

describeInBrowser('the rate limit of messages', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await startTestServer({ MESSAGE_RATE_LIMIT_MS: '3600000' }, {}, { webRoot: WEB_ROOT });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('is reported immediately in a sentence, and the message stays in the composer', async () => {
    const chat = await ChatPage.ofNewGuest(browser, server.url);
    await chat.send('First');
    await chat.waitForStatus('completed');
    await chat.send('Second');
    const notice = chat.page.getByRole('alert');
    await notice.waitFor();
    expect(await notice.textContent()).toContain('You are sending messages too quickly. Try again in');
    expect(await chat.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Second');
    expect(await chat.questions.count()).toBe(1);
    await chat.close();
  });
});
