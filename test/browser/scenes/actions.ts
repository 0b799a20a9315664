import type { Page } from 'playwright-core';
import type { Exchange } from './replies.ts';
import type { Scene } from './scene.ts';
import { LIMIT } from './scene-world.ts';
import type { ChatName, SceneWorld } from './scene-world.ts';

export const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

export const open = (path: string, title: string) => async (page: Page, world: SceneWorld) => {
  await page.goto(`${world.server.url}${path}`);
  await heading(page, title).first().waitFor();
};

export async function openChat(page: Page, world: SceneWorld, chat: ChatName): Promise<void> {
  await page.goto(`${world.server.url}/chats/${world.chats[chat]}`);
  await page.locator('[data-message-role=assistant]').first().waitFor();
}

/** A scene that shows a chat with a finished reply. @param sign the text that shows that the page is ready */
export function ended(chat: ChatName, name: string, sign: string): Scene {
  const show = async (page: Page, world: SceneWorld) => {
    await openChat(page, world, chat);
    await page.getByRole('main').getByText(sign).first().waitFor();
  };
  return { name, viewer: 'administrator', show };
}

export async function ask(
  page: Page,
  world: SceneWorld,
  { question, reply }: Exchange,
  url = world.server.url,
): Promise<void> {
  world.server.simulator.reset();
  world.server.simulator.script([reply]);
  await page.goto(url);
  await box(page).fill(question);
  await button(page, 'Send').click();
}

/** On a phone this opens the drawer. */
export async function showSidebar(page: Page): Promise<void> {
  await box(page).waitFor();
  const opener = button(page, 'Open sidebar');
  if (await opener.isVisible()) await opener.click();
}

export async function openChatMenu(page: Page, world: SceneWorld): Promise<void> {
  await openChat(page, world, 'rich');
  await showSidebar(page);
  await page.getByRole('link', { name: /^Write a TypeScript/ }).hover();
  await button(page, /^Options for Write a TypeScript/).click();
  await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
}

/** Opens the usage of a month that has some, also when the month began during this test run. */
export async function openUsage(page: Page, world: SceneWorld, words = 1): Promise<void> {
  const text = 'word '.repeat(words);
  await ask(page, world, { question: text, reply: { text } });
  await page.locator('[data-status=completed][data-message-role=assistant]').waitFor();
  await open('/usage', 'By day')(page, world);
}

export async function openUsageWithCap(page: Page, world: SceneWorld, cap: number): Promise<void> {
  const { url } = world.server;
  await openUsage(page, world, 1500);
  await page.request.patch(`${url}/api/me`, { data: { cap }, headers: { origin: url } });
  await open('/usage', 'By day')(page, world);
}

export async function openUsers(page: Page, world: SceneWorld): Promise<void> {
  await page.goto(`${world.server.url}/admin`);
  await page
    .getByRole('cell', { name: new RegExp(LIMIT.toLocaleString('en-US')) })
    .first()
    .waitFor();
}
