import { createChatClient } from '@millrace/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChatPage } from '../browser/chat-page.ts';
import { launchBrowser, noBrowser, WEB_ROOT } from '../support/browser.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';
import { RawConnection } from '../support/raw-request.ts';
import { until } from '../support/until.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

const PREFIX = '/deep/chat';
const PNG = pngOf(400, 300, [15, 107, 100]);
const because = noBrowser === '' ? '' : ` (skipped: ${noBrowser})`;

test('accounts, cookies and images are under the prefix, and the client uses them there', async () => {
  const mounted = await startMounted({ prefix: PREFIX });
  const connection = new RawConnection(mounted.url);
  const signedIn = await connection.send(`${PREFIX}/api/auth/sign-in/anonymous`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: mounted.url },
    body: '{}',
  });
  expect(signedIn.status).toBe(200);
  for (const cookie of signedIn.headers['set-cookie'] ?? [])
    expect(cookie).toMatch(/; *Path=\/deep\/chat(;|$)/i);
  expect((await connection.send('/api/me')).status).toBe(404);

  const token = signedIn.headers['set-auth-token'] as string;
  const client = createChatClient({ baseUrl: mounted.url + PREFIX, token });
  mounted.simulator.script([{ kind: 'replay', bytes: geminiStream(['Here:', PNG]) }]);
  const chat = await client.createChat();
  const urls: string[] = [];
  for await (const event of client.sendMessage(chat.id, { content: 'Paint' })) {
    if (event.event === 'media') urls.push(event.data.url);
  }
  const [url = ''] = urls;
  const headers = { authorization: `Bearer ${token}` };
  const image = await fetch(client.mediaUrl(url), { headers });
  expect(image.headers.get('content-security-policy')).toContain('sandbox');
  expect(Buffer.from(await image.arrayBuffer()).equals(PNG)).toBe(true);
  connection.close();
  await mounted.close();
});

describe.skipIf(noBrowser !== '')(`the web app under a prefix, in Chromium${because}`, () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(() => browser?.close());

  test('signs in, streams, shows images, and loads at every address', async () => {
    const mounted: Mounted = await startMounted({ prefix: PREFIX, webRoot: WEB_ROOT });
    const chat = await ChatPage.ofNewGuest(browser, `${mounted.url}${PREFIX}`);
    const complaints: string[] = [];
    chat.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    mounted.simulator.script([{ kind: 'replay', bytes: geminiStream(['Here it is:', PNG]) }]);
    await chat.send('Paint');
    await chat.waitForStatus('completed');
    const { pathname } = new URL(chat.page.url());
    expect(pathname).toMatch(/^\/deep\/chat\/chats\/[\w-]+$/);
    await chat.page.reload();
    const image = chat.replies.last().getByRole('img', { name: 'Generated image' });
    await image.waitFor();
    const isLoaded = () => image.evaluate((element: HTMLImageElement) => element.naturalWidth === 400);
    await until('the image is loaded', isLoaded);
    // This page is loaded on demand.
    await chat.page.goto(`${mounted.url}${PREFIX}/usage`);
    await chat.page.getByRole('heading', { name: 'Usage' }).waitFor();
    expect(complaints).toEqual([]);
    await chat.close();
    await mounted.close();
  });

  test('asks an unknown visitor to sign in at the application, and recognizes a known one', async () => {
    const mounted = await startMounted({
      prefix: PREFIX,
      webRoot: WEB_ROOT,
      authenticate: authenticateByCookie,
    });
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    await page.goto(`${mounted.url}${PREFIX}/`);
    await page.getByText('Sign in there, then come back.').waitFor();
    await context.addCookies([{ name: 'session', value: 'ada', url: mounted.url }]);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.getByRole('button', { name: 'Account: ada' }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Sign out' }).count()).toBe(0);
    await context.close();
    await mounted.close();
  });
});
