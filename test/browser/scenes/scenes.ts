import { CuttableNetwork } from '../cuttable-network.ts';
import {
  ask,
  box,
  button,
  ended,
  heading,
  open,
  openChat,
  openChatMenu,
  openUsage,
  openUsageWithCap,
  openUsers,
  showSidebar,
} from './actions.ts';
import { HALF, HANGING } from './replies.ts';
import type { Scene } from './scene.ts';

export const SCENES: readonly Scene[] = [
  { name: 'sign-up', viewer: 'nobody', show: open('', 'Create your account') },
  {
    name: 'sign-in',
    viewer: 'nobody',
    async show(page, world) {
      await page.goto(world.server.url);
      await button(page, 'Have an account? Sign in').click();
    },
  },
  {
    name: 'sign-in refused',
    viewer: 'nobody',
    async show(page, world) {
      await page.goto(world.server.url);
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
    async show(page, world) {
      await page.goto(world.demo.url);
      await page.getByText('Demo model.').waitFor();
      await box(page).waitFor();
    },
  },
  {
    name: 'thinking',
    viewer: 'user',
    async show(page, world) {
      await ask(page, world, HANGING);
      await page.getByRole('log').getByText('Thinking').waitFor();
    },
  },
  {
    name: 'streaming',
    viewer: 'user',
    async show(page, world) {
      await ask(page, world, HALF);
      await page.getByText('what reaches the wheel is').waitFor();
    },
  },
  {
    name: 'reconnecting',
    viewer: 'user',
    async show(page, world) {
      const network = await CuttableNetwork.to(world.server.url);
      page.once('close', () => void network.close());
      await ask(page, world, HALF, network.url);
      await page.getByText('what reaches the wheel is').waitFor();
      network.cut();
      await page.getByText('Reconnecting…').waitFor();
    },
  },
  ended('rich', 'finished reply', 'the article on closures'),
  {
    name: 'finished reply from its start',
    viewer: 'administrator',
    async show(page, world) {
      await openChat(page, world, 'rich');
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
    async show(page, world) {
      await openChat(page, world, 'rich');
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
    async show(page, world) {
      await openChatMenu(page, world);
      await page.getByRole('menuitem', { name: 'Rename' }).click();
      await page.getByRole('textbox', { name: 'Chat title' }).waitFor();
    },
  },
  {
    name: 'account menu',
    viewer: 'administrator',
    only: 'desktop',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await showSidebar(page);
      await button(page, /^Account:/).click();
      await page.getByRole('menuitem', { name: 'Usage' }).waitFor();
    },
  },
  {
    name: 'chat settings',
    viewer: 'administrator',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await button(page, 'Chat settings').click();
      await page.getByRole('dialog').getByLabel('System prompt').waitFor();
    },
  },
  {
    name: 'search',
    viewer: 'administrator',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('typescript');
      await page.getByRole('option').first().waitFor();
    },
  },
  {
    name: 'keyboard shortcuts',
    viewer: 'administrator',
    only: 'desktop',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await button(page, 'Chat settings').focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    },
  },
  {
    name: 'editing a message',
    viewer: 'administrator',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await page.getByText('the article on closures').waitFor();
      await box(page).press('ArrowUp');
      await page.getByRole('textbox', { name: 'Edit your message' }).waitFor();
    },
  },
  {
    name: 'choosing another model',
    viewer: 'administrator',
    async show(page, world) {
      await openChat(page, world, 'rich');
      await button(page, 'Use another model').click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'saying why a reply is good',
    viewer: 'user',
    async show(page, world) {
      await ask(page, world, { question: 'Well?', reply: { text: 'Well.' } });
      await page.locator('[data-status=completed][data-message-role=assistant]').waitFor();
      await button(page, 'Good reply').click();
      await page.getByRole('textbox', { name: 'What was good? (optional)' }).waitFor();
    },
  },
  { name: 'usage', viewer: 'administrator', show: (page, world) => openUsage(page, world) },
  { name: 'usage of nothing', viewer: 'user', show: open('/usage', 'Tokens per day') },
  { name: 'usage near a cap', viewer: 'user', show: (page, world) => openUsageWithCap(page, world, 4200) },
  { name: 'usage at a cap', viewer: 'user', show: (page, world) => openUsageWithCap(page, world, 1) },
  {
    name: 'settings with a new key',
    viewer: 'user',
    async show(page, world) {
      await page.goto(`${world.server.url}/settings`);
      await page.getByRole('textbox', { name: 'Name' }).fill('Deploy script');
      await button(page, 'Create key').click();
      await page.getByText('Your new key.').waitFor();
      await button(page, 'Revoke Deploy script').waitFor();
    },
  },
  {
    name: 'settings with a wrong cap',
    viewer: 'guest',
    async show(page, world) {
      await page.goto(`${world.server.url}/settings`);
      await page.getByLabel('Tokens per month').fill('many');
      await button(page, 'Save').click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'users', viewer: 'administrator', show: (page, world) => openUsers(page, world) },
  {
    name: 'user',
    viewer: 'administrator',
    async show(page, world) {
      await openUsers(page, world);
      await page.getByRole('link', { name: 'Alan Turing' }).click();
      await heading(page, 'Role and account').waitFor();
    },
  },
  {
    name: 'asking before a user is deleted',
    viewer: 'administrator',
    async show(page, world) {
      await openUsers(page, world);
      await page.getByRole('link', { name: 'Alan Turing' }).click();
      await button(page, 'Delete user').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'audit and ledger',
    viewer: 'administrator',
    async show(page, world) {
      await page.goto(`${world.server.url}/admin/audit`);
      await button(page, 'Check ledger').click();
      await page.getByText('The ledger balances').waitFor();
    },
  },
  { name: 'ratings', viewer: 'administrator', show: open('/admin/ratings', 'Ratings') },
  { name: 'no such page', viewer: 'user', show: open('/nowhere', 'Page not found') },
  { name: 'no such chat', viewer: 'user', show: open('/chats/nowhere', 'Chat not found') },
];
