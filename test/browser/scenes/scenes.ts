import type { Page } from 'playwright-core';
import { CuttableNetwork } from '../cuttable-network.ts';
import { HALF, HANGING } from './replies.ts';
import type { Exchange } from './replies.ts';
import { LIMIT } from './stage.ts';
import type { ChatName, Stage, Viewer } from './stage.ts';
import type { Watched } from './watch.ts';

/** A page of the app, in one of the states it can be in. */
export interface Scene {
  name: string;
  viewer: Viewer;
  /** Where there is only one layout with it. */
  only?: 'desktop' | 'phone';
  /** Which server is looked at; default: the one in which much has happened. */
  at?: 'demo';
  /** Brings a new tab there. */
  show: (page: Page, stage: Stage) => Promise<unknown>;
}

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

const open = (path: string, title: string) => async (page: Page, stage: Stage) => {
  await page.goto(`${stage.server.url}${path}`);
  await heading(page, title).first().waitFor();
};

async function openChat(page: Page, stage: Stage, chat: ChatName): Promise<void> {
  await page.goto(`${stage.server.url}/chats/${stage.chats[chat]}`);
  await page.locator('[data-message-role=assistant]').first().waitFor();
}

/** A chat whose reply has ended in some way. */
function ended(chat: ChatName, name: string, sign: string): Scene {
  const show = async (page: Page, stage: Stage) => {
    await openChat(page, stage, chat);
    await page.getByRole('main').getByText(sign).first().waitFor();
  };
  return { name, viewer: 'administrator', show };
}

async function ask(
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
async function showSidebar(page: Page): Promise<void> {
  await box(page).waitFor();
  const opener = button(page, 'Open chats');
  if (await opener.isVisible()) await opener.click();
}

async function openChatMenu(page: Page, stage: Stage): Promise<void> {
  await openChat(page, stage, 'rich');
  await showSidebar(page);
  await page.getByRole('link', { name: /^Write a TypeScript/ }).hover();
  await button(page, /^Options for Write a TypeScript/).click();
  await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
}

async function spend(page: Page, stage: Stage, cap: number): Promise<void> {
  await ask(page, stage, { question: 'word '.repeat(1000), reply: { text: 'word '.repeat(2000) } });
  await page.locator('[data-status=completed][data-message-role=assistant]').waitFor();
  const { url } = stage.server;
  await page.request.patch(`${url}/api/me`, { data: { cap }, headers: { origin: url } });
  await page.goto(`${url}/usage`);
  await heading(page, 'By day').waitFor();
}

export const SCENES: readonly Scene[] = [
  { name: 'sign-up', viewer: 'nobody', show: open('', 'Create your account') },
  {
    name: 'sign-in',
    viewer: 'nobody',
    async show(page, stage) {
      await page.goto(stage.server.url);
      await button(page, 'Have an account? Sign in').click();
    },
  },
  {
    name: 'sign-in refused',
    viewer: 'nobody',
    async show(page, stage) {
      await page.goto(stage.server.url);
      await button(page, 'Have an account? Sign in').click();
      await page.getByLabel('Email').fill('nobody@example.org');
      await page.getByLabel('Password').fill('wrong password');
      await button(page, 'Sign in').click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'account for a guest', viewer: 'guest', show: open('/sign-up', 'Create your account') },
  {
    name: 'empty chat',
    viewer: 'guest',
    at: 'demo',
    async show(page, stage) {
      await page.goto(stage.demo.url);
      await page.getByText('Demo model.').waitFor();
      await box(page).waitFor();
    },
  },
  {
    name: 'thinking',
    viewer: 'user',
    async show(page, stage) {
      await ask(page, stage, HANGING);
      await page.getByRole('log').getByText('Thinking').waitFor();
    },
  },
  {
    name: 'streaming',
    viewer: 'user',
    async show(page, stage) {
      await ask(page, stage, HALF);
      await page.getByText('what reaches the wheel is').waitFor();
    },
  },
  {
    name: 'reconnecting',
    viewer: 'user',
    async show(page, stage) {
      const network = await CuttableNetwork.to(stage.server.url);
      page.once('close', () => void network.close());
      await ask(page, stage, HALF, network.url);
      await page.getByText('what reaches the wheel is').waitFor();
      network.cut();
      await page.getByText('Reconnecting…').waitFor();
    },
  },
  ended('rich', 'finished reply', 'the article on closures'),
  {
    name: 'finished reply from its start',
    viewer: 'administrator',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await page.getByText('the article on closures').waitFor();
      await page.getByText('Thoughts').click();
      await page.getByRole('log').evaluate((log) => log.scrollTo({ top: 0 }));
      await button(page, /Jump to latest/).waitFor();
    },
  },
  ended('failed', 'failed reply', 'Gemini is not available right now'),
  ended('refused', 'reply that failed at once', 'Gemini is not available right now'),
  ended('stopped', 'stopped reply', 'Stopped'),
  ended('interrupted', 'interrupted reply', 'Continue'),
  ended('strange', 'strange words and scripts', '水车是怎样工作的'),
  {
    name: 'chats in the drawer',
    viewer: 'administrator',
    only: 'phone',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await showSidebar(page);
      await page.getByRole('navigation', { name: 'Chats' }).getByRole('link').first().waitFor();
    },
  },
  { name: 'menu of a chat', viewer: 'administrator', only: 'desktop', show: openChatMenu },
  { name: 'menu of a chat in the drawer', viewer: 'administrator', only: 'phone', show: openChatMenu },
  {
    name: 'renaming a chat',
    viewer: 'administrator',
    only: 'desktop',
    async show(page, stage) {
      await openChatMenu(page, stage);
      await page.getByRole('menuitem', { name: 'Rename' }).click();
      await page.getByRole('textbox', { name: 'Chat title' }).waitFor();
    },
  },
  {
    name: 'account menu',
    viewer: 'administrator',
    only: 'desktop',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await showSidebar(page);
      await button(page, /^Account:/).click();
      await page.getByRole('menuitem', { name: 'Usage' }).waitFor();
    },
  },
  {
    name: 'chat settings',
    viewer: 'administrator',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await button(page, 'Chat settings').click();
      await page.getByRole('dialog').getByLabel('System prompt').waitFor();
    },
  },
  {
    name: 'search',
    viewer: 'administrator',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('typescript');
      await page.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'keyboard shortcuts',
    viewer: 'administrator',
    only: 'desktop',
    async show(page, stage) {
      await openChat(page, stage, 'rich');
      await button(page, 'Chat settings').focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    },
  },
  { name: 'usage', viewer: 'administrator', show: open('/usage', 'By day') },
  { name: 'usage of nothing', viewer: 'user', show: open('/usage', 'Tokens by day') },
  { name: 'usage near a cap', viewer: 'user', show: (page, stage) => spend(page, stage, 4200) },
  { name: 'usage at a cap', viewer: 'user', show: (page, stage) => spend(page, stage, 1) },
  {
    name: 'settings with a new key',
    viewer: 'user',
    async show(page, stage) {
      await page.goto(`${stage.server.url}/settings`);
      await page.getByRole('textbox', { name: 'Name' }).fill('Deploy script');
      await button(page, 'Make a key').click();
      await page.getByText('Your new key.').waitFor();
      await button(page, 'Revoke Deploy script').waitFor();
    },
  },
  {
    name: 'settings with a wrong cap',
    viewer: 'guest',
    async show(page, stage) {
      await page.goto(`${stage.server.url}/settings`);
      await page.getByLabel('Tokens a month').fill('many');
      await button(page, 'Save').click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'users', viewer: 'administrator', show: (page, stage) => openUsers(page, stage) },
  {
    name: 'user',
    viewer: 'administrator',
    async show(page, stage) {
      await openUsers(page, stage);
      await page.getByRole('link', { name: 'Alan Turing' }).click();
      await heading(page, 'Role and account').waitFor();
    },
  },
  {
    name: 'asking before a user is deleted',
    viewer: 'administrator',
    async show(page, stage) {
      await openUsers(page, stage);
      await page.getByRole('link', { name: 'Alan Turing' }).click();
      await button(page, 'Delete user').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'audit and ledger',
    viewer: 'administrator',
    async show(page, stage) {
      await page.goto(`${stage.server.url}/admin/audit`);
      await button(page, 'Check the ledger').click();
      await page.getByText('The ledger balances').waitFor();
    },
  },
  { name: 'ratings', viewer: 'administrator', show: open('/admin/ratings', 'Ratings') },
  { name: 'no such page', viewer: 'user', show: open('/nowhere', 'There is no such page') },
  { name: 'no such chat', viewer: 'user', show: open('/chats/nowhere', 'There is no such chat') },
];

async function openUsers(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.server.url}/admin`);
  await page
    .getByRole('cell', { name: new RegExp(LIMIT.toLocaleString('en-US')) })
    .first()
    .waitFor();
}

export const LAYOUTS = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

export type Layout = keyof typeof LAYOUTS;

/** A tab with a scene in it. */
export async function showScene(
  stage: Stage,
  scene: Scene,
  layout: Layout,
): Promise<{ page: Page; watched: Watched }> {
  const isPhone = layout === 'phone';
  const options = { viewport: LAYOUTS[layout], hasTouch: isPhone, isMobile: isPhone };
  const url = scene.at === 'demo' ? stage.demo.url : stage.server.url;
  const visit = await stage.visit(scene.viewer, options, url);
  await scene.show(visit.page, stage);
  return visit;
}

/** Changes what the system asks for, and waits until the page has. */
export async function wear(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.locator(`html[data-theme=${theme}]`).waitFor();
  await settle(page);
}

/** Waits for fonts, Markdown, what moves, and what is brought in reach of the keyboard a moment after it is there. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.seen-late') === null);
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLElement>('[data-streamdown=code-block-body]')].every(
      ({ scrollWidth, clientWidth, tabIndex }) => scrollWidth <= clientWidth || tabIndex === 0,
    ),
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise(requestAnimationFrame);
    const isEnding = (animation: Animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(
      document
        .getAnimations()
        .filter(isEnding)
        .map(({ finished }) => finished),
    );
  });
}
