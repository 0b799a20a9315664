import type { SearchHit, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { endReply, identity, startReply } from './store.fixture.ts';
import type { Store } from '../store.ts';

/** What every search must do with messages and titles. */
export function messageSearchContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`message search: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    /** Creates a chat with one question and its reply. */
    async function say(owner: User, title: string, content: string, answer = '-'): Promise<string> {
      const chat = await store.createChat(owner.id, title);
      const generationId = nextId();
      const origin = { kind: 'send', chatId: chat.id, content, parentId: undefined } as const;
      await startReply(store, { userId: owner.id, generationId, origin });
      await endReply(store, generationId, { parts: [{ type: 'text', text: answer }] });
      return chat.id;
    }

    async function find(text: string, owner = ada): Promise<SearchHit[]> {
      return (await store.searchMessages(owner.id, { text, cursor: undefined, limit: 20 })).items;
    }

    const marked = ({ snippet: { text, highlights } }: SearchHit) =>
      highlights.map(({ start: from, end }) => text.slice(from, end));

    test('questions, replies and titles are found, with the matches marked', async () => {
      const chatId = await say(ada, 'Rivers', 'How does a mill work?', 'The water turns a wheel.');
      expect(await find('WHEEL water')).toMatchObject([
        { chatId, chatTitle: 'Rivers', role: 'assistant', snippet: { text: 'The water turns a wheel.' } },
      ]);
      expect((await find('WHEEL water')).map(marked)).toEqual([['water', 'wheel']]);
      expect(await find('mill')).toMatchObject([{ chatId, role: 'user' }]);
      const [title] = await find('river');
      expect(title).toMatchObject({ chatId, messageId: null, role: null, snippet: { text: 'Rivers' } });
      expect(await find('mill wheel')).toEqual([]);
    });

    test('case and accents don’t matter, and characters of scripts without spaces are found anywhere', async () => {
      await say(ada, '-', 'Un café à la crème, ΑΘΉΝΑ');
      await say(ada, '-', '我昨天去了北京旅游');
      await say(ada, '-', 'let us 🎉 party 👩‍🚀');
      expect((await find('CAFE creme αθηνα')).map(marked)).toEqual([['café', 'crème', 'ΑΘΉΝΑ']]);
      expect((await find('北京')).map(marked)).toEqual([['北京']]);
      expect(await find('京北')).toEqual([]);
      expect(await find('去')).toHaveLength(1);
      expect((await find('🎉')).map(marked)).toEqual([['🎉']]);
      expect(await find('👩‍🚀')).toHaveLength(1);
    });

    test('a query never has syntax', async () => {
      await say(ada, '-', 'to be OR not to be, said "NEAR" the wheel*');
      const odd = [
        '"',
        '""',
        '*',
        'wheel*',
        '"wheel',
        'title:wheel',
        'wheel OR',
        '(wheel',
        'NOT',
        '-wheel',
        '^wheel',
      ];
      for (const typed of [
        ...odd,
        "';--",
        '{title}: wheel',
        'NEAR(to be, 3)',
        '\0',
        '\\',
        '%',
        '…',
        'ⅷ⑴',
        '﷽',
      ])
        expect(Array.isArray(await find(typed)), typed).toBe(true);
      expect(await find('wheel OR nothing')).toEqual([]);
      expect(await find('OR NOT near')).toHaveLength(1);
      expect(await find(' \t')).toEqual([]);
    });

    test('texts of any characters are stored unchanged and found by their words', async () => {
      const odd = [
        '\u0301',
        '\u0345',
        '\u0308\u0301',
        "'",
        "''",
        '\\',
        ':1A',
        '\0',
        '\uD800',
        '\u1FDD',
        '@',
        '﷽',
        'ⅷ',
      ];
      for (const [index, text] of odd.entries()) {
        await say(ada, text, `${text} wheel${index}x ${text}`);
        expect(await find(`wheel${index}x`), JSON.stringify(text)).toHaveLength(1);
        expect(Array.isArray(await find(text)), JSON.stringify(text)).toBe(true);
      }
    });

    test('chats of others, deleted chats and hidden chats are never found', async () => {
      const eve = await store.resolveUser(identity('eve'));
      const chatId = await say(ada, 'secret', 'a secret');
      expect(await find('secret', eve)).toEqual([]);
      await store.deleteChat(ada.id, chatId);
      expect(await find('secret')).toEqual([]);
      await store.restoreChat(ada.id, chatId, null);
      expect(await find('secret')).toHaveLength(2);
      await store.updateChat(ada.id, chatId, { archived: true });
      expect(await find('secret')).toHaveLength(2);
      const messages = [{ role: 'user', text: 'a secret of a program' }] as const;
      const origin = { kind: 'transcript', messages, settings: {} } as const;
      await startReply(store, { userId: ada.id, generationId: 'transcript000000', origin });
      await endReply(store, 'transcript000000', { parts: [{ type: 'text', text: 'secret' }] });
      expect(await find('secret')).toHaveLength(2);
    });

    test('an edited question is found in both versions', async () => {
      const chatId = await say(ada, '-', 'about millers', 'an answer of millers');
      const origin = { kind: 'send', chatId, content: 'about milliners', parentId: null } as const;
      await startReply(store, { userId: ada.id, generationId: 'edited0000000000', origin });
      expect((await find('milli')).map(marked)).toEqual([['milliners']]);
      await endReply(store, 'edited0000000000', {
        status: 'failed',
        parts: [{ type: 'text', text: 'A hat' }],
      });
      expect((await find('hat')).map(marked)).toEqual([['hat']]);
      expect(await find('millers')).toHaveLength(2);
    });

    test('imported chats are found', async () => {
      const said = { status: 'completed', model: null, finishReason: null, error: null } as const;
      const chat = await store.importChat(ada.id, {
        title: 'A windmill',
        pinned: false,
        archived: true,
        settings: {},
        images: [],
        attachments: [],
        messages: [
          {
            ...said,
            role: 'user',
            parent: null,
            continues: false,
            parts: [{ type: 'text', text: 'Why sails?' }],
          },
          {
            ...said,
            role: 'assistant',
            parent: 0,
            continues: false,
            parts: [{ type: 'text', text: 'Wind.' }],
          },
        ],
      });
      expect(await find('windmill')).toMatchObject([{ chatId: chat.id, messageId: null }]);
      expect(await find('sail')).toMatchObject([{ chatId: chat.id, role: 'user' }]);
      expect(await find('wind')).toMatchObject([{ messageId: null }, { role: 'assistant' }]);
    });

    test('messages are found by the names of their files', async () => {
      const image = { kind: 'image', mimeType: 'image/png', width: 4, height: 3 } as const;
      const bytes = Uint8Array.of(1, 2, 3);
      const chat = await store.createChat(ada.id, '-');
      const add = (name: string) =>
        store.addAttachment(ada.id, { ...image, name, chatId: chat.id, bytes }, 10);
      const { id } = await add('Kingfisher_2.png');
      await add('heron.png');
      const origin = { kind: 'send', chatId: chat.id, content: '', parentId: undefined } as const;
      const attachments = [id];
      await startReply(store, {
        userId: ada.id,
        generationId: 'attached00000000',
        origin: { ...origin, attachments },
      });
      const [hit] = await find('kingfish png');
      expect(hit).toMatchObject({ role: 'user', snippet: { text: 'Kingfisher_2.png' } });
      expect(hit && marked(hit)).toEqual(['Kingfisher', 'png']);
      // No message has the file.
      expect(await find('heron')).toEqual([]);
    });

    test('a new title replaces the old one in the index', async () => {
      const chatId = await say(ada, 'before', '-');
      await store.updateChat(ada.id, chatId, { title: 'after' });
      expect(await find('before')).toEqual([]);
      expect(await find('after')).toHaveLength(1);
    });

    test('the messages of a guest who signed up are found by their account only', async () => {
      const guest = await store.resolveUser(identity('guest', { kind: 'guest' }));
      await say(guest, '-', 'written as a guest');
      await store.adoptGuest(identity('guest', { kind: 'guest' }), identity('ada'));
      expect(await find('guest')).toHaveLength(1);
      await say(ada, '-', 'no guest any more');
      expect(await find('guest')).toHaveLength(2);
    });

    test('titles come first, then exact words, then longer words; the newest first in each group', async () => {
      const old = await say(ada, '-', 'a mill');
      const long = await say(ada, '-', 'a millrace');
      const newer = await say(ada, '-', 'the mill');
      const title = await say(ada, 'Millstones', '-');
      expect((await find('mill')).map(({ chatId }) => chatId)).toEqual([title, newer, old, long]);
    });

    test('a page starts where the previous one ended', async () => {
      for (let index = 0; index < 7; index += 1) await say(ada, `mill ${index}`, 'a mill', 'a millrace');
      const all = (await store.searchMessages(ada.id, { text: 'mill', cursor: undefined, limit: 50 })).items;
      expect(all).toHaveLength(21);
      const paged: SearchHit[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.searchMessages(ada.id, { text: 'mill', cursor, limit: 4 });
        paged.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(paged).toEqual(all);
      const wrong = store.searchMessages(ada.id, { text: 'mill', cursor: 'x', limit: 4 });
      await expect(wrong).rejects.toMatchObject({ code: 'invalid_request' });
    });

    test('the snippet of a long text shows the part with most matches', async () => {
      const far = 'word '.repeat(200);
      await say(ada, '-', `a mill ${far} 𝄞𝄞 the wheel\nof a mill ${far}`);
      const [hit] = await find('mill wheel');
      expect(hit?.snippet.text).toMatch(/^….*the wheel of a mill word.*…$/);
      expect(hit?.snippet.text.length).toBeLessThan(190);
      expect(hit && marked(hit)).toEqual(['wheel', 'mill']);
    });
  });
}
