import { createRatings } from '@millrace/client/ratings';
import type { UserAccount } from '@millrace/protocol';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchBrowser, WEB_ROOT } from '../support/browser.ts';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { pageErrorsOf } from './page-errors.ts';
import { ChatPage } from './chat-page.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

describeInBrowser('administration', () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let user: Caller;
  let userId: string;
  let pageErrors: string[];
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startTestServer({ DEFAULT_TOKEN_LIMIT: '1000' }, {}, { webRoot: WEB_ROOT });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    pageErrors = pageErrorsOf(page);
    await page.goto(server.url);
    await page.getByLabel('Name').fill('Grace');
    await page.getByLabel('Email').fill('grace@example.org');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    user = await server.user();
    userId = (await user.me()).user.id;
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
    expect(pageErrors).toEqual([]);
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const section = (name: string) => page.getByRole('region', { name, exact: true });

  /** Opens the user's page through the menu and the list. */
  async function openUser(): Promise<void> {
    await page.getByRole('button', { name: 'Account: Grace' }).click();
    await page.getByRole('menuitem', { name: 'Administration' }).click();
    await page.getByRole('link', { name: 'Ada', exact: true }).click();
    await section('Limits').waitFor();
  }

  async function accountAtServer(): Promise<UserAccount> {
    const response = await page.request.get(`${server.url}/api/admin/users/${userId}`);
    return (await response.json()) as UserAccount;
  }

  test('grants, limits and roles take effect immediately and appear in the audit log', async () => {
    await user.ask('Spend some of it');
    await openUser();
    const { used } = (await user.me()).budget;
    await section('Tokens').getByText(used.toLocaleString('en-US'), { exact: true }).waitFor();

    await section('Grant extra usage').getByLabel('Tokens').fill('5000');
    await section('Grant extra usage').getByLabel('Dollars').fill('1.25');
    await section('Grant extra usage').getByLabel('Note').fill('welcome');
    await button('Grant').click();
    await page.getByText('Granted 5,000 tokens + $1.25').waitFor();
    await section('Tokens').getByText('of 6,000').waitFor();
    expect((await user.me()).budget).toMatchObject({ limit: 6000, cost: { granted: 1_250_000 } });

    await section('Limits').getByLabel('Tokens', { exact: true }).selectOption('Custom');
    await section('Limits').getByLabel('Tokens per month').fill('many');
    await button('Save limits').click();
    await section('Limits').getByRole('alert').getByText('Enter a whole number').waitFor();
    await section('Limits').getByLabel('Tokens per month').fill('2000');
    await section('Limits').getByLabel('Dollars', { exact: true }).selectOption('Custom');
    await section('Limits').getByLabel('Dollars per month').fill('0.5');
    await button('Save limits').click();
    await page.getByText('Limits saved').waitFor();
    await section('Tokens').getByText('of 7,000').waitFor();
    expect((await accountAtServer()).limits).toEqual({ tokens: 2000, costMicros: 500_000 });

    await button('Make administrator').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make administrator' }).click();
    await page.getByRole('main').getByText('Administrator', { exact: true }).waitFor();
    expect((await user.me()).user.roles).toEqual(['admin']);
    await button('Remove administrator role').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove administrator role' }).click();
    await button('Make administrator').waitFor();

    await page.getByRole('link', { name: 'Audit and ledger' }).click();
    const log = section('Audit log').getByRole('listitem');
    await log.first().waitFor();
    expect(await log.count()).toBe(4);
    const [unmade, made, limits, grant] = await log.allTextContents();
    expect(unmade).toContain('Ada · Administrator role removed');
    expect(made).toContain('Ada · Administrator role added');
    expect(limits).toContain('Tokens from server default to 2,000, Dollars from server default to $0.50');
    expect(grant).toContain('Ada · Granted 5,000 tokens + $1.25“welcome”by Grace');
    await button('Check ledger').click();
    await page.getByText('The ledger balances').waitFor();
  });

  test('a user is deleted only after confirmation in a dialog that names them and returns the focus', async () => {
    await openUser();
    const { email } = (await user.me()).user;
    await button('Delete user').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete Ada?' });
    await dialog.getByText(email ?? '').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect
      .poll(() => button('Delete user').evaluate((element) => element === document.activeElement))
      .toBe(true);
    expect((await user.send('GET', '/api/me')).status).toBe(200);

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Delete user' }).click();
    await page.waitForURL(`${server.url}/admin`);
    await page.getByRole('link', { name: 'Grace', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Ada', exact: true }).waitFor({ state: 'detached' });
    expect((await user.send('GET', '/api/me')).status).toBe(401);
    await page.getByRole('link', { name: 'Audit and ledger' }).click();
    const entry = section('Audit log').getByRole('listitem').first();
    expect(await entry.textContent()).toContain(`Deleted user …${userId.slice(-6)} · Account deleted`);
  });

  test('ratings are counted for each model, and their notes aren’t shown', async () => {
    const rate = async (rating: 'good' | 'bad', note?: string) => {
      const { meta } = await user.ask('What is a mill?');
      const ratings = createRatings({ baseUrl: server.url, token: user.token });
      await ratings.rate(meta.assistantMessage.id, rating, note);
    };
    await rate('good', 'a secret');
    await rate('good');
    await rate('bad');
    await page.goto(`${server.url}/admin`);
    await page.getByRole('link', { name: 'Ratings' }).click();
    const row = page.getByRole('main').getByRole('row').nth(1);
    await row.waitFor();
    expect(await row.getByRole('cell').allTextContents()).toEqual(['2', '1']);
    expect(await page.getByRole('main').textContent()).not.toContain('a secret');
  });

  test('users can be searched, and more than one page of them can be shown', async () => {
    for (let count = 0; count < 50; count += 1) await server.guest();
    await page.goto(`${server.url}/admin`);
    const rows = page.getByRole('main').getByRole('row');
    await button('Show more').click();
    // Two signed-up users, fifty guests and the header row.
    await rows.nth(52).waitFor();
    expect(await rows.count()).toBe(53);
    await page.getByRole('searchbox').fill('grace@');
    await rows.nth(2).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Grace', exact: true }).click();
    await section('Limits').waitFor();
    await page.goBack();
    expect(await page.getByRole('searchbox').inputValue()).toBe('grace@');
    await page.getByRole('searchbox').fill('nobody at all');
    await page.getByText('No users match.').waitFor();
  });

  test('reloading a page shows it again', async () => {
    for (const [path, heading] of [
      ['/admin', 'Administration'],
      ['/admin/audit', 'Audit and ledger'],
      ['/admin/ratings', 'Ratings'],
      [`/admin/users/${userId}`, 'Ada'],
    ] as const) {
      await page.goto(server.url + path);
      await page.reload();
      await page.locator('h1:focus', { hasText: heading }).waitFor();
      expect(await page.title()).toBe(`${heading} · Millrace`);
    }
  });

  test('the last administrator can’t remove their own role', async () => {
    const me = (await (await page.request.get(`${server.url}/api/me`)).json()) as { user: { id: string } };
    await page.goto(`${server.url}/admin/users/${me.user.id}`);
    await button('Remove administrator role').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Remove administrator role' }).click();
    await dialog
      .getByRole('alert')
      .getByText('This is the only administrator. Make another user an administrator first.')
      .waitFor();
    // Browsers log an error response as an error of the page.
    pageErrors.length = 0;
  });

  test('other users find no administration pages, and nothing is requested', async () => {
    const chat = await ChatPage.ofNewGuest(browser, server.url);
    const asked: string[] = [];
    chat.page.on('request', (request) => {
      if (request.url().includes('/api/admin')) asked.push(request.url());
    });
    for (const path of ['/admin', '/admin/audit', `/admin/users/${userId}`]) {
      await chat.page.goto(server.url + path);
      await chat.page.getByRole('heading', { name: 'Page not found' }).waitFor();
    }
    await chat.page.getByRole('button', { name: 'Account: Guest' }).click();
    await chat.page.getByRole('menuitem', { name: 'Usage' }).waitFor();
    expect(await chat.page.getByRole('menuitem', { name: 'Administration' }).count()).toBe(0);
    expect(asked).toEqual([]);
    await chat.close();
  });
});
