import type { ApiKey, NewApiKey } from '@millrace/protocol';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { newEmail } from '../support/sign-in.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

describeInBrowser('API keys', () => {
  const app = appInBrowser();

  async function signUp(): Promise<Page> {
    const context = await app.browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    await page.goto(app.server.url);
    await page.getByLabel('Name').fill('Grace');
    await page.getByLabel('Email').fill(newEmail());
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    return page;
  }

  test('a key is created, shown once, copied, used and revoked in the settings', async () => {
    const page = await signUp();
    await page.goto(`${app.server.url}/settings`);
    const section = page.getByRole('region', { name: 'API keys' });
    await section.getByLabel('Name').fill('laptop');
    await section.getByLabel('Expires').selectOption({ label: 'In 30 days' });
    await section.getByRole('button', { name: 'Create key' }).click();
    const key = (await section.getByRole('status').locator('code').textContent()) ?? '';
    await section.getByRole('button', { name: 'Copy' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    const program = new Caller(app.server.url, key);
    expect((await program.me()).user.name).toBe('Grace');

    const row = section.getByRole('listitem');
    expect(await row.textContent()).toContain('laptop');
    const response = await page.request.get(`${app.server.url}/api/keys`);
    const { items } = (await response.json()) as { items: ApiKey[] };
    const lasts = Date.parse(items[0]?.expiresAt ?? '') - Date.parse(items[0]?.createdAt ?? '');
    expect(Math.round(lasts / 86_400_000)).toBe(30);
    await page.reload();
    await row.waitFor();
    expect(await page.content()).not.toContain(key);

    await section.getByRole('button', { name: 'Revoke laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await program.send('GET', '/api/me')).status).toBe(401);
    await page.context().close();
  });

  test('the usage of programs is one row of the usage page', async () => {
    const page = await signUp();
    const made = await page.request.post(`${app.server.url}/api/keys`, { data: { name: 'a' } });
    const { key } = (await made.json()) as NewApiKey;
    const body = { model: 'gemini-3.8-flash', messages: [{ role: 'user', content: 'Hello' }] };
    const program = new Caller(app.server.url, key);
    for (let count = 0; count < 2; count += 1) await program.json('POST', '/v1/chat/completions', body);
    await page.goto(`${app.server.url}/usage`);
    const name = page.getByRole('main').getByText('API requests');
    await name.waitFor();
    expect(await name.count()).toBe(1);
    await page.context().close();
  });

  test('guests can’t create API keys', async () => {
    const { page } = await ChatPage.ofNewGuest(app.browser, app.server.url);
    await page.goto(`${app.server.url}/settings`);
    await page.getByRole('region', { name: 'Account' }).waitFor();
    expect(await page.getByRole('region', { name: 'API keys' }).count()).toBe(0);
    await page.context().close();
  });
});
