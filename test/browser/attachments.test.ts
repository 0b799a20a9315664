import { afterEach, beforeEach, expect, test } from 'vitest';
import { sentContents } from '../support/attached.ts';
import { pngOf } from '../support/images.ts';
import { appInBrowser } from './app-in-browser.ts';
import { describeInBrowser } from './describe-in-browser.ts';
import { ChatPage } from './chat-page.ts';
import { violationsOf } from './violations.ts';

const PNG = pngOf(400, 300, [15, 107, 100]);
const MILL = { name: 'mill.png', mimeType: 'image/png', buffer: PNG };
const NOTES = { name: 'notes.md', mimeType: '', buffer: Buffer.from('# Wheels\n\nThey turn.') };
const IMAGE_PART = { inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } };

describeInBrowser('attachments', () => {
  let chat: ChatPage;
  let pageErrors: string[];
  const app = appInBrowser({ MAX_ATTACHMENT_BYTES: '2000', MAX_ATTACHMENTS: '3' });
  beforeEach(async () => {
    pageErrors = [];
    chat = await ChatPage.ofNewGuest(app.browser, app.server.url);
    chat.page.on('pageerror', (error) => pageErrors.push(error.message));
  });
  afterEach(async () => {
    await chat.close();
    expect(pageErrors).toEqual([]);
  });

  const tray = () => chat.page.getByRole('list', { name: 'Attached files' });
  const ready = () => tray().locator('[data-state=ready]');
  const pick = async (...files: (typeof MILL)[]) => {
    const [picker] = await Promise.all([
      chat.page.waitForEvent('filechooser'),
      chat.button('Attach images or text files').click(),
    ]);
    await picker.setFiles(files);
  };
  /** Drops or pastes an image. */
  const bring = (name: 'drop' | 'paste') =>
    chat.page.evaluate(
      ({ data, type }) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        const brought = new DataTransfer();
        brought.items.add(new File([bytes], 'mill.png', { type: 'image/png' }));
        const target = document.querySelector('main') ?? document.body;
        const bubbles = { bubbles: true, cancelable: true };
        if (type === 'paste')
          target.dispatchEvent(new ClipboardEvent('paste', { ...bubbles, clipboardData: brought }));
        else {
          for (const each of ['dragenter', 'dragover'])
            target.dispatchEvent(new DragEvent(each, { ...bubbles, dataTransfer: brought }));
          target.dispatchEvent(new DragEvent('drop', { ...bubbles, dataTransfer: brought }));
        }
      },
      { data: PNG.toString('base64'), type: name },
    );

  test('attached files are sent with the first message, are shown with it, and open', async () => {
    await pick(MILL, NOTES);
    await ready().nth(1).waitFor();
    await chat.send('What are these?');
    await chat.waitForStatus('completed');
    expect(sentContents(app.server.simulator)[0]?.parts).toEqual([
      IMAGE_PART,
      { text: 'File notes.md:\n# Wheels\n\nThey turn.\nEnd of the file.' },
      { text: 'What are these?' },
    ]);
    expect(await tray().count()).toBe(0);
    for (const isReloaded of [false, true]) {
      if (isReloaded) await chat.page.reload();
      const open = chat.questions.getByRole('button', { name: 'Open mill.png' });
      await open.click();
      const image = chat.page.getByRole('dialog', { name: 'mill.png' });
      await image.getByRole('img', { name: 'mill.png' }).waitFor();
      await chat.page.keyboard.press('Escape');
      await image.waitFor({ state: 'detached' });
      await expect.poll(() => open.evaluate((element) => element === document.activeElement)).toBe(true);
      await chat.questions.getByRole('button', { name: 'Open notes.md' }).click();
      await chat.page.getByRole('dialog', { name: 'notes.md' }).getByText('They turn.').waitFor();
      if (isReloaded) expect(await violationsOf(chat.page)).toEqual([]);
      await chat.page.keyboard.press('Escape');
    }
  });

  test('a dropped or pasted file can be sent without text, and stays with an edited message', async () => {
    for (const how of ['drop', 'paste'] as const) {
      app.server.simulator.script([{ text: `A mill, by ${how}.` }]);
      await bring(how);
      await ready().waitFor();
      await chat.button('Send').click();
      await chat.waitForText(`A mill, by ${how}.`);
      await chat.waitForStatus('completed');
      expect(sentContents(app.server.simulator).at(-1)?.parts).toEqual([IMAGE_PART]);
    }
    for (const [words, parts] of [
      ['And now?', [IMAGE_PART, { text: 'And now?' }]],
      ['', [IMAGE_PART]],
    ] as const) {
      app.server.simulator.script([{ text: `To “${words}”.` }]);
      await chat.questions.last().hover();
      await chat.questions.last().getByRole('button', { name: 'Edit', exact: true }).click();
      await chat.questions.last().getByRole('button', { name: 'Open mill.png' }).waitFor();
      await chat.page.getByRole('textbox', { name: 'Edit your message' }).fill(words);
      await chat.questions.last().getByRole('button', { name: 'Send' }).click();
      await chat.waitForText(`To “${words}”.`);
      await chat.waitForStatus('completed');
      expect(sentContents(app.server.simulator).at(-1)?.parts).toEqual(parts);
      await chat.questions.last().getByRole('button', { name: 'Open mill.png' }).waitFor();
    }
  });

  test('a refused file says why, and the other files can be sent', async () => {
    await pick(
      { ...NOTES, name: 'big.txt', buffer: Buffer.alloc(2001, 'x') },
      { ...NOTES, name: 'program', buffer: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]) },
      NOTES,
    );
    await tray().getByRole('alert').getByText('Larger than the 2 KB limit').waitFor();
    await tray().getByRole('alert').getByText('text files in UTF-8').waitFor();
    expect(await violationsOf(chat.page)).toEqual([]);
    await chat.button('Remove big.txt').click();
    await chat.button('Remove program').click();
    await ready().waitFor();
    expect(await tray().getByRole('listitem').count()).toBe(1);
    await chat.send('Read this');
    await chat.waitForStatus('completed');
    expect(sentContents(app.server.simulator)[0]?.parts).toHaveLength(2);
  });

  test('more files than the limit are refused, and a file can be removed', async () => {
    await pick(NOTES, MILL, NOTES, MILL);
    await tray().getByRole('alert').getByText('at most 3 files').waitFor();
    await ready().nth(2).waitFor();
    await chat.button('Remove mill.png').first().click();
    expect(await ready().count()).toBe(2);
  });

  test('the files of a draft survive a reload, for their chat only', async () => {
    await chat.send('Hello');
    await chat.waitForStatus('completed');
    await pick(MILL);
    await ready().waitFor();
    await chat.page.reload();
    await ready().getByText('mill.png').waitFor();
    await (await chat.inAnotherTab('/')).page.getByRole('textbox', { name: 'Message' }).waitFor();
    const other = chat.page.context().pages().at(-1);
    expect(await other?.getByRole('list', { name: 'Attached files' }).count()).toBe(0);
    await other?.close();
    await chat.send('And this?');
    await chat.waitForText('And this?');
    await chat.waitForStatus('completed');
    expect(sentContents(app.server.simulator).at(-1)?.parts).toEqual([IMAGE_PART, { text: 'And this?' }]);
  });
});
