import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Me, Message, Page, UsageReport } from '@millrace/protocol';
import { afterAll, expect, test } from 'vitest';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';
import { ChatPage, words } from './chat-page.ts';

const LIMIT = 50_000;

describeInBrowser('usage and settings', () => {
  const environment = { GUEST_TOKEN_LIMIT: String(LIMIT) };
  const app = appInBrowser(environment, { mode: 'echo' });

  async function ask(chat: ChatPage, text: string): Promise<void> {
    await chat.send(text);
    await chat.waitForStatus('completed');
  }

  async function usageOf({ page }: ChatPage): Promise<UsageReport> {
    return (await page.request.get(`${app.server.url}/api/usage`)).json() as Promise<UsageReport>;
  }

  async function setCap({ page }: ChatPage, cap: number | null): Promise<Me> {
    const headers = { origin: app.server.url };
    const response = await page.request.patch(`${app.server.url}/api/me`, { data: { cap }, headers });
    return (await response.json()) as Me;
  }

  /** Opens a page through the account menu. */
  async function open({ page }: ChatPage, name: string): Promise<void> {
    await page.getByRole('button', { name: /^Account:/ }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  test('the usage page shows exactly the tokens that a question was charged', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await ask(chat, 'How do mills work?');
    const link = chat.page.getByRole('link', { name: /of budget used/ });
    await link.click();
    await chat.page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor();

    const { budget, chats } = await usageOf(chat);
    const messages = await chat.page.request.get(`${app.server.url}/api/chats/${chats[0]?.key}/messages`);
    const { items } = (await messages.json()) as Page<Message>;
    expect(items.at(-1)).toMatchObject({ role: 'assistant', tokensUsed: budget.used });
    expect(budget.used).toBeGreaterThan(0);
    const tokens = budget.used.toLocaleString('en-US');
    const section = (name: string) => chat.page.getByRole('region', { name, exact: true });
    await section('Tokens').getByText(tokens, { exact: true }).waitFor();
    await section('Tokens').getByText('of 50,000').waitFor();
    const left = (LIMIT - budget.used).toLocaleString('en-US');
    await section('Tokens').getByText(left, { exact: true }).waitFor();
    const cells = async (name: string) =>
      section(name).getByRole('row').last().getByRole('cell').allTextContents();
    for (const name of ['By day', 'By model', 'By chat']) {
      expect((await cells(name)).slice(0, 3)).toEqual(['1', tokens, '100%']);
    }
    expect((await cells('By model')).at(-1)).toMatch(/^\$0\.0\d+/);

    await section('By chat').getByRole('link', { name: 'How do mills work?' }).click();
    await chat.page.waitForURL(`**/chats/${chats[0]?.key}`);
    await chat.waitForText('How do mills work?');
    await chat.close();
  });

  test('the chart gives the keyboard the figures of each day, and the estimated part of them', async () => {
    app.server.simulator.script([{ text: words(500), fault: { kind: 'stall', afterChunks: 5 } }]);
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('Write');
    await chat.waitForText('word5 ');
    await chat.button('Stop').click();
    await chat.waitForStatus('stopped');
    await open(chat, 'Usage');

    const [day] = (await usageOf(chat)).days;
    const estimated = day?.tokensBySource.estimate ?? 0;
    expect(estimated).toBeGreaterThan(0);
    await chat.page
      .getByRole('region', { name: 'By day', exact: true })
      .getByText(`${estimated.toLocaleString('en-US')} estimated`)
      .waitFor();
    const chart = chat.page.getByRole('slider', { name: 'Day' });
    await chart.focus();
    const figures = await chart.getAttribute('aria-valuetext');
    expect(figures).toContain(`${day?.tokens.toLocaleString('en-US')} tokens (`);
    await chat.page
      .getByRole('region', { name: 'Tokens per day' })
      .getByText(figures ?? '')
      .waitFor();
    const today = await chart.inputValue();
    await chart.press(today === '1' ? 'ArrowRight' : 'ArrowLeft');
    expect(await chart.getAttribute('aria-valuetext')).toContain('no usage');
    await chat.close();
  });

  test('the usage of a deleted chat stays, without its title', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await ask(chat, 'Forget this');
    const [used] = (await usageOf(chat)).chats;
    const headers = { origin: app.server.url };
    await chat.page.request.delete(`${app.server.url}/api/chats/${used?.key}`, { headers });
    await chat.page.goto(`${app.server.url}/usage`);
    const row = chat.page.getByRole('region', { name: 'By chat' }).getByRole('row').last();
    await row.getByText('Deleted chat').waitFor();
    expect(await row.getByRole('link').count()).toBe(0);
    expect(await row.textContent()).toContain(used?.tokens.toLocaleString('en-US'));
    await chat.close();
  });

  test('a monthly cap is validated, saved, enforced and removed', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await open(chat, 'Settings');
    const cap = chat.page.getByLabel('Tokens per month');
    await cap.fill('-5');
    await chat.button('Save').click();
    await chat.page.getByRole('alert').getByText('Enter a whole number').waitFor();
    expect((await usageOf(chat)).budget.cap).toBeNull();

    await cap.fill('10');
    await chat.button('Save').click();
    await chat.page.getByText('Cap saved: 10 tokens per month').waitFor();
    await open(chat, 'Usage');
    await chat.page.getByRole('status').getByText('Too little of your monthly cap is left').waitFor();
    await chat.button('New chat').click();
    await chat.send('Hello?');
    await chat.page.getByRole('alert').getByText('You have used up this month’s budget.').waitFor();

    await open(chat, 'Usage');
    await chat.page.getByRole('link', { name: 'Change cap' }).click();
    await chat.button('Remove cap').click();
    await chat.page.getByText('Cap removed').waitFor();
    await chat.button('New chat').click();
    await ask(chat, 'Hello again');
    await chat.close();
  });

  test('a warning shows from 80% of the cap on, and at the cap a notice says when it resets', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await ask(chat, words(800));
    const { used, resetsAt } = (await usageOf(chat)).budget;
    const reset = new Date(resetsAt);
    const date = reset.toLocaleDateString('en-US', { day: 'numeric', month: 'long', timeZone: 'UTC' });
    const notice = chat.page.getByRole('main').getByRole('status');
    await setCap(chat, Math.floor(used / 0.85));
    await chat.page.goto(`${app.server.url}/usage`);
    await notice.getByText(`You have used 85% of your monthly cap. It resets on ${date}.`).waitFor();
    await setCap(chat, used);
    await chat.page.reload();
    await notice.getByText(`You have reached your monthly cap. Raise it, or wait until ${date}.`).waitFor();
    await setCap(chat, null);
    await chat.page.reload();
    await chat.page.getByRole('region', { name: 'By day', exact: true }).waitFor();
    expect(await notice.count()).toBe(0);
    await chat.close();
  });

  test.each([
    ['/usage', 'Usage'],
    ['/settings', 'Settings'],
  ])(
    '%s opens from the drawer of a phone, survives a reload, and focuses its heading',
    async (path, name) => {
      const context = await app.browser.newContext({ viewport: { width: 390, height: 844 } });
      const chat = await ChatPage.ofNewGuestIn(context, app.server.url);
      const pageErrors = pageErrorsOf(chat.page);
      await chat.button('Open sidebar').click();
      await open(chat, name);
      await chat.page.locator('h1:focus').waitFor();
      expect(new URL(chat.page.url()).pathname).toBe(path);
      await chat.page.reload();
      await chat.page.locator('h1:focus', { hasText: name }).waitFor();
      expect(await chat.page.title()).toBe(`${name} · Millrace`);
      const width = await chat.page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(390);
      await chat.button('Open sidebar').click();
      await chat.button('New chat').click();
      await chat.page.getByRole('textbox', { name: 'Message' }).waitFor();
      expect(pageErrors).toEqual([]);
      await chat.close();
    },
  );

  test('a page whose file can’t be loaded says so, and works after a reload', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.page.route('**/assets/usage-page-*', (route) => route.abort());
    await chat.page.getByRole('link', { name: /of budget used/ }).click();
    await chat.page.getByRole('alert').getByText('The server can’t be reached').waitFor();
    await chat.page.unroute('**/assets/usage-page-*');
    await chat.button('Reload').click();
    await chat.page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor();
    await chat.close();
  });
});

describeInBrowser('models without a known price', () => {
  let folder: string;
  const app = appInBrowser(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-prices-'));
    const prices = join(folder, 'prices.json');
    await writeFile(prices, JSON.stringify({ models: {} }));
    return { PRICES_FILE: prices };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('aren’t shown as free', async () => {
    const chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await chat.send('Hello');
    await chat.waitForStatus('completed');
    await chat.page.goto(`${app.server.url}/usage`);
    for (const name of ['Cost', 'By day', 'By model', 'By chat']) {
      const section = chat.page.getByRole('region', { name, exact: true });
      await section.getByText('price unknown').waitFor();
    }
    await chat.close();
  });
});
