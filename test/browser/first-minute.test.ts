import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';

describeInBrowser('the first minute', () => {
  // Uses the demo model.
  const app = appInBrowser({ GEMINI_API_KEY: '', GEMINI_BASE_URL: '', CHAT_TITLES: 'on' });

  async function come(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await app.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(WAIT_TIMEOUT_MS);
    return context.newPage();
  }

  async function enter(page: Page): Promise<void> {
    await page.goto(app.server.url);
    await page.getByRole('button', { name: 'Try it as a guest' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
  }

  test('one click from the address to an empty chat, with the cursor in the box and nothing in the console', async () => {
    const page = await come();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    await enter(page);
    await page.getByText('Demo model. Set an API key on the server to use a real model.').waitFor();
    const examples = page.getByRole('list', { name: 'Examples' }).getByRole('button');
    expect(await examples.count()).toBe(4);
    await page.keyboard.type('Typed at once');
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Typed at once');
    await page.getByRole('textbox', { name: 'Message' }).fill('');
    await examples.first().click();
    await page.locator('[data-message-role=assistant][data-status=completed]').waitFor();
    // The model's title shows in the list and in the header.
    const title = 'How a water wheel turns a stream';
    await page
      .getByRole('navigation', { name: 'Chats' })
      .getByRole('link', { name: title, exact: true })
      .waitFor();
    await page.getByRole('heading', { name: title, exact: true }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(said).toEqual([]);
    await page.context().close();
  });

  test('pages and chats that don’t exist link to a new chat', async () => {
    const page = await come();
    await enter(page);
    for (const path of ['/nowhere', '/chats/nowhere', '/admin']) {
      await page.goto(app.server.url + path);
      await page.getByRole('heading', { name: / not found$/ }).waitFor();
      await page.getByRole('link', { name: 'New chat' }).click();
      await page.getByRole('heading', { name: 'What’s on your mind?' }).waitFor();
    }
    await page.context().close();
  });

  test.each([
    ['system', 'dark', 'dark'],
    ['system', 'light', 'light'],
    ['dark', 'light', 'dark'],
    ['light', 'dark', 'light'],
  ] as const)(
    'with the theme “%s” on a %s system only %s is ever painted',
    async (choice, colorScheme, theme) => {
      const page = await come({ colorScheme });
      await page.addInitScript((theme) => {
        localStorage.setItem('millrace.theme', theme);
        const painted = new Set<string>();
        Object.assign(window, { painted });
        const look = () => {
          if (document.body !== null) painted.add(getComputedStyle(document.body).backgroundColor);
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }, choice);
      await page.goto(app.server.url);
      await page.getByRole('button', { name: 'Try it as a guest' }).waitFor();
      const painted = await page.evaluate(() => [...(window as unknown as { painted: Set<string> }).painted]);
      const background = { light: 'rgb(253, 252, 251)', dark: 'rgb(25, 24, 23)' }[theme];
      expect(painted).toEqual([background]);
      await page.context().close();
    },
  );

  test('the contrast setting of the system makes text and borders stronger', async () => {
    const page = await come({ contrast: 'more' });
    await enter(page);
    const color = (name: string) =>
      page.evaluate((wanted) => getComputedStyle(document.documentElement).getPropertyValue(wanted), name);
    const strong = [await color('--muted-foreground'), await color('--border')];
    await page.emulateMedia({ contrast: 'no-preference' });
    const usual = [await color('--muted-foreground'), await color('--border')];
    expect(strong[0]).not.toBe(usual[0]);
    expect(strong[1]).not.toBe(usual[1]);
    await page.context().close();
  });

  test('nothing moves where the system asks for reduced motion', async () => {
    const page = await come({ reducedMotion: 'reduce' });
    await enter(page);
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationDuration } = getComputedStyle(element);
          return Number.parseFloat(transitionDuration) > 0.01 || Number.parseFloat(animationDuration) > 0.01;
        }).length,
    );
    expect(moving).toBe(0);
    await page.context().close();
  });

  test('a script inserted into the page doesn’t run', async () => {
    const page = await come();
    await enter(page);
    const refused = page.waitForEvent('console', (message) =>
      message.text().includes('Content Security Policy'),
    );
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);
    });
    await refused;
    expect(await page.title()).not.toBe('taken over');
    const policy = (await page.request.get(app.server.url)).headers()['content-security-policy'] ?? '';
    expect(policy).not.toMatch(/(?:script|default)-src[^;]*unsafe/);
    await page.context().close();
  });

  test('printing shows the whole conversation, black on white, without controls', async () => {
    const page = await come({ colorScheme: 'dark', viewport: { width: 800, height: 300 } });
    await enter(page);
    await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
    await page.keyboard.press('Enter');
    await page.locator('[data-message-role=assistant][data-status=completed]').waitFor();
    await page.emulateMedia({ media: 'print' });
    for (const gone of [page.getByRole('textbox'), page.getByRole('button', { name: 'Chat settings' })]) {
      expect(await gone.isVisible()).toBe(false);
    }
    const log = page.locator('[role=log]');
    const heights = await log.evaluate((element) => [element.clientHeight, element.scrollHeight]);
    expect(heights[0]).toBe(heights[1]);
    const style = await page.locator('[data-message-role=assistant]').evaluate((element) => ({
      color: getComputedStyle(element).color,
      background: getComputedStyle(document.body).backgroundColor,
    }));
    expect(style).toEqual({ color: 'rgb(0, 0, 0)', background: 'rgb(255, 255, 255)' });
    await page.context().close();
  });
});
