import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';
import { HOSTILE } from './hostile-markdown.ts';

const FENCE = '```';

describeInBrowser('Markdown of a reply', () => {
  let chat: ChatPage;
  /** Everything that a reply must not cause. */
  let pageErrors: string[];
  let loaded: string[];
  const app = appInBrowser();
  beforeEach(async () => {
    pageErrors = [];
    loaded = [];
    const context = await app.browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.exposeFunction('complain', (what: string) => pageErrors.push(what));
    await context.addInitScript(() => {
      const { complain } = globalThis as unknown as { complain: (what: string) => void };
      document.addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) =>
        complain(`policy ${violatedDirective} ${blockedURI}`),
      );
    });
    chat = await ChatPage.ofNewGuestIn(context, app.server.url);
    context.on('page', (page) => pageErrors.push(`window ${page.url()}`));
    chat.page.on('dialog', (dialog) => {
      pageErrors.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    chat.page.on('console', (message) => {
      if (message.type() === 'error') pageErrors.push(`${message.text()} ${message.location().url}`);
    });
    chat.page.on('pageerror', (error) => pageErrors.push(error.message));
    chat.page.on('request', (request) => {
      const { origin, protocol, pathname } = new URL(request.url());
      loaded.push(pathname);
      if (protocol !== 'data:' && protocol !== 'blob:' && origin !== app.server.url)
        pageErrors.push(`request ${request.url()}`);
    });
    chat.page.on('framenavigated', (frame) => {
      if (!frame.url().startsWith(`${app.server.url}/chats/`)) pageErrors.push(`navigation ${frame.url()}`);
    });
  });
  afterEach(async () => {
    await chat.close();
    expect(pageErrors).toEqual([]);
  });

  async function answer(text: string): Promise<void> {
    app.server.simulator.script([
      { text, chunkChars: Math.max(20, Math.ceil(text.length / 20)), chunkDelayMs: 5 },
    ]);
    const count = await chat.replies.count();
    await chat.send('Go on');
    await chat.page.locator('[data-message-role=assistant][data-status=completed]').nth(count).waitFor();
  }

  const hasLoaded = (name: RegExp) => loaded.some((path) => name.test(path));

  /** The elements of a reply that it must not have. */
  function forbiddenElements(): Promise<string[]> {
    return chat.page.getByRole('log').evaluate((log) => {
      const found: string[] = [];
      const forbidden = 'script, style, link, iframe, object, embed, form, meta, base, video, input';
      for (const element of log.querySelectorAll(forbidden)) found.push(element.outerHTML);
      for (const image of log.querySelectorAll('img'))
        if (!image.src.startsWith('data:image/svg+xml;charset=utf-8,%3Csvg%20id%3D%22diagram-'))
          found.push(image.src);
      for (const link of log.querySelectorAll('a'))
        if (
          !/^(https?:\/\/|mailto:)/.test(link.getAttribute('href') ?? '') ||
          link.origin === location.origin
        )
          found.push(link.outerHTML);
      for (const element of log.querySelectorAll('*')) {
        for (const { name } of element.attributes) if (name.startsWith('on')) found.push(element.outerHTML);
        if (getComputedStyle(element).position === 'fixed') found.push(element.outerHTML);
      }
      if (document.querySelectorAll('#root').length !== 1) found.push('#root');
      if ('pwned' in globalThis) found.push('pwned');
      return found;
    });
  }

  test('hostile Markdown runs no scripts, loads nothing and links to nothing inside the app', async () => {
    for (const [name, text] of Object.entries(HOSTILE)) {
      await answer(text);
      if (name.includes('diagram')) await until('diagrams are drawn', () => hasLoaded(/draw-diagram/));
      expect({ name, forbidden: await forbiddenElements(), pageErrors }).toEqual({
        name,
        forbidden: [],
        pageErrors: [],
      });
    }
    // Again, with whole texts instead of streamed ones.
    await chat.page.reload();
    await chat.waitForStatus('completed');
    const texts = () => chat.page.getByTestId('message-text').locator('> .space-y-4 > :first-child').count();
    await until('all replies are shown', async () => (await texts()) >= Object.keys(HOSTILE).length);
    await until('diagrams are drawn', async () => (await chat.page.locator('figure img').count()) > 0);
    expect(await forbiddenElements()).toEqual([]);
  });

  test('links open in a new tab without access to the app', async () => {
    await answer('See [the site](https://example.org/a) or mail <a@example.org>.');
    const link = chat.replyText.getByRole('link', { name: 'the site' });
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await chat.replyText.getByRole('link').count()).toBe(2);
  });

  test('code is highlighted, has a copy button and its language', async () => {
    await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await answer(`Here:\n\n${FENCE}python\ndef f():\n    return 1\n${FENCE}\n`);
    await chat.replyText.getByText('python', { exact: true }).waitFor();
    const keyword = chat.replyText.getByText('def', { exact: true });
    await keyword.waitFor();
    const colour = (element: Element) => getComputedStyle(element).color;
    const text = chat.replyText.getByText('Here:');
    await until(
      'the script is coloured',
      async () => (await keyword.evaluate(colour)) !== (await text.evaluate(colour)),
    );
    await chat.replyText.getByRole('button', { name: 'Copy' }).click();
    const copied = await chat.page.evaluate(() => navigator.clipboard.readText());
    expect(copied.trim()).toBe('def f():\n    return 1');
  });

  test('a single `$` is a currency sign, not math', async () => {
    await answer('From $5 to $10, or US$ 20.');
    expect((await chat.text()).trim()).toBe('From $5 to $10, or US$ 20.');
    expect(hasLoaded(/katex/i)).toBe(false);
  });

  test('math is loaded from the app’s origin when it is first needed', async () => {
    await answer('No math.');
    expect(hasLoaded(/katex|draw-diagram/i)).toBe(false);
    await answer('Euler: $e^{i\\pi} + 1 = 0$ and \\(x^2\\).\n\n$$\n\\int_0^1 x\\,dx\n$$\n');
    await until(
      'the formulas are rendered',
      async () => (await chat.replyText.last().locator('.katex').count()) === 3,
    );
    expect(await chat.replyText.last().locator('.katex-display').count()).toBe(1);
    expect(hasLoaded(/katex.*\.js/i)).toBe(true);
  });

  test('diagrams are loaded from the app’s origin when they are first needed, and follow the theme', async () => {
    await answer(`${FENCE}mermaid\nflowchart LR\n  A[Start] --> B[End]\n${FENCE}\n`);
    const diagram = chat.replyText.getByRole('img', { name: 'Diagram' });
    await diagram.waitFor();
    await until('the diagram is drawn', () =>
      diagram.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 50),
    );
    const light = await diagram.getAttribute('src');
    await chat.page.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
    await until('the diagram is drawn again', async () => (await diagram.getAttribute('src')) !== light);
  });

  const WRITTEN = [
    '# A heading\n\nSome **bold and *both*** text with `code` and [a link](https://example.org).',
    `Before\n\n${FENCE}ts\nconst a = 1;\n\nconst b = a * 2;\n${FENCE}\n\nAfter`,
    '| Name | Price |\n| --- | ---: |\n| **One** | $1 |\n| Two | `2` |\n\nAfter',
    '1. one\n   - nested **bold**\n   - more\n2. two\n\n   ```sh\n   echo $HOME\n   ```\n3. three',
    'So $x^2 + y^2 = z^2$ and\n\n$$\n\\frac{a}{b} = \\sqrt{c}\n$$\n\nfor $5.',
  ];

  test('no state of a streaming reply shows the syntax of code, emphasis, tables, links or math', async () => {
    await answer('Load $x$ first.');
    await chat.replyText.locator('.katex').waitFor();
    for (const text of WRITTEN) {
      const watching = chat.page.evaluate(
        (count) =>
          new Promise<string[]>((resolve) => {
            const states = new Set<string>();
            const look = () => {
              const reply = document.querySelectorAll('[data-message-role=assistant]')[count];
              const shown = reply?.querySelector('[data-testid=message-text]')?.cloneNode(true) as
                | Element
                | undefined;
              // The screen reader's version of a formula contains its source.
              for (const source of shown?.querySelectorAll('.katex-mathml, pre, code') ?? []) source.remove();
              states.add(shown?.textContent ?? '');
              if (reply?.getAttribute('data-status') === 'completed') resolve([...states]);
              else requestAnimationFrame(look);
            };
            look();
          }),
        await chat.replies.count(),
      );
      app.server.simulator.script([{ text, chunkChars: 1, chunkDelayMs: 12 }]);
      await chat.send('Go on');
      const states = await watching;
      expect(states.length).toBeGreaterThan(3);
      const marks = states.filter((state) =>
        /\*\*|```|`|\]\(|https:|\| *-|\\frac|\$(?![15]|$)|#/.test(state),
      );
      expect(marks).toEqual([]);
    }
  });
});
