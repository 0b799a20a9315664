import type { Message, Page as ListPage } from '@millrace/protocol';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';

/** Distinct words, so that lost or repeated text is noticed. */
export function words(count: number): string {
  return Array.from({ length: count }, (_item, index) => `word${index}`).join(' ');
}

/** The app in one tab, by the user's actions and what they see. */
export class ChatPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
  }

  /** A tab of a new guest with an empty chat. */
  static async ofNewGuest(browser: Browser, url: string): Promise<ChatPage> {
    return ChatPage.ofNewGuestIn(await browser.newContext({ viewport: { width: 1280, height: 800 } }), url);
  }

  static async ofNewGuestIn(context: BrowserContext, url: string): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(url);
    await chat.page.getByRole('button', { name: 'Try it as a guest' }).click();
    await chat.page.getByRole('textbox', { name: 'Message' }).waitFor();
    return chat;
  }

  /** Another tab of the same user. @param path default: the same chat */
  async inAnotherTab(path = this.page.url()): Promise<ChatPage> {
    const other = new ChatPage(await this.page.context().newPage());
    await other.page.goto(new URL(path, this.page.url()).href);
    return other;
  }

  async send(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Message' }).fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  get replies(): Locator {
    return this.page.locator('[data-message-role=assistant]');
  }

  get replyText(): Locator {
    return this.replies.last().getByTestId('message-text');
  }

  get questions(): Locator {
    return this.page.locator('[data-message-role=user]');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Waits until the last reply contains a text. */
  async waitForText(text: string): Promise<void> {
    await this.replyText.getByText(text).waitFor();
  }

  async waitForStatus(status: string): Promise<void> {
    await this.page.locator(`[data-message-role=assistant][data-status=${status}]`).last().waitFor();
  }

  /** The visible text of the last reply. */
  async text(): Promise<string> {
    return (await this.replyText.textContent()) ?? '';
  }

  /** The joined texts of all replies that the server has stored for the chat. */
  async savedText(): Promise<string> {
    const { origin, pathname } = new URL(this.page.url());
    const response = await this.page.request.get(`${origin}/api${pathname}/messages`);
    const { items } = (await response.json()) as ListPage<Message>;
    let text = '';
    for (const { role, parts } of items) {
      if (role !== 'assistant') continue;
      for (const part of parts) if (part.type === 'text') text += part.text;
    }
    return text;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
