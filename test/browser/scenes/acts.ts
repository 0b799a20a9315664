import type { Page } from 'playwright-core';
import type { Exchange } from './replies.ts';
import type { Scene } from './scene.ts';
import { LIMIT } from './stage.ts';
import type { ChatName, Stage } from './stage.ts';

export const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

export const open = (path: string, title: string) => async (page: Page, stage: Stage) => {
  await page.goto(`${stage.server.url}${path}`);
  await heading(page, title).first().waitFor();
};

export async function openChat(page: Page, stage: Stage, chat: ChatName): Promise<void> {
  await page.goto(`${stage.server.url}/chats/${stage.chats[chat]}`);
  await page.locator('[data-message-role=assistant]').first().waitFor();
}

/** A chat whose reply has ended in some way. */
export function ended(chat: ChatName, name: string, sign: string): Scene {
  const show = async (page: Page, stage: Stage) => {
    await openChat(page, stage, chat);
    await page.getByRole('main').getByText(sign).first().waitFor();
  };
  return { name, viewer: 'administrator', show };
}

export async function ask(
  page: Page,
  stage: Stage,
  { question, reply }: Exchange,
  url = stage.server.url,
): Promise<void> {
  stage.server.simulator.reset();
  stage.server.simulator.script([reply]);
  await page.goto(url);
  await box(page).fill(question);
  await button(page, 'Send').click();
}

/** On a phone it is in the drawer. */
export async function showSidebar(page: Page): Promise<void> {
  await box(page).waitFor();
  const opener = button(page, 'Open sidebar');
  if (await opener.isVisible()) await opener.click();
}

export async function openChatMenu(page: Page, stage: Stage): Promise<void> {
  await openChat(page, stage, 'rich');
  await showSidebar(page);
  await page.getByRole('link', { name: /^Write a TypeScript/ }).hover();
  await button(page, /^Options for Write a TypeScript/).click();
  await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
}

export async function spend(page: Page, stage: Stage, cap: number): Promise<void> {
  await ask(page, stage, { question: 'word '.repeat(1000), reply: { text: 'word '.repeat(2000) } });
  await page.locator('[data-status=completed][data-message-role=assistant]').waitFor();
  const { url } = stage.server;
  await page.request.patch(`${url}/api/me`, { data: { cap }, headers: { origin: url } });
  await page.goto(`${url}/usage`);
  await heading(page, 'By day').waitFor();
}

export async function openUsers(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.server.url}/admin`);
  await page
    .getByRole('cell', { name: new RegExp(LIMIT.toLocaleString('en-US')) })
    .first()
    .waitFor();
}
