import { describe, expect, test } from 'vitest';
import { launchBrowser, noChromium } from '../support/browser.ts';
import { cookieIn, describeMountedChat } from './mounted-chat.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

const because = noChromium === '' ? '' : ` (skipped: ${noChromium})`;

describe('the Next.js example', () => {
  const example = describeMountedChat('next', async (url, name) => {
    const body = new URLSearchParams({ name });
    return cookieIn(await fetch(`${url}/sign-in`, { method: 'POST', body, redirect: 'manual' }));
  });

  test.skipIf(noChromium !== '')(
    `streams a reply into its page, which a reload finds again${because}`,
    async () => {
      const { url, simulator } = example();
      const browser = await launchBrowser();
      const page = await browser.newPage();
      page.setDefaultTimeout(WAIT_TIMEOUT_MS);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(url);
      await page.getByLabel('Your name').fill('Ada');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'New chat' }).click();
      simulator.script([{ chunks: ['The mill ', 'turns'], fault: { kind: 'stall' } }]);
      await page.getByLabel('Message').fill('Go on');
      await page.getByRole('button', { name: 'Send' }).click();
      const reply = page.locator('[data-role=assistant]');
      await reply.getByText('The mill').waitFor();
      expect(await reply.getAttribute('data-status')).toBe('running');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.locator('[data-role=assistant][data-status=stopped]').waitFor();
      await page.reload();
      await page.locator('[data-role=assistant][data-status=stopped]').getByText('The mill').waitFor();
      expect(complaints).toEqual([]);
      await browser.close();
    },
  );
});
