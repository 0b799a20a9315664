/** Fills a server with data of every kind that it stores. */
import type { Simulator } from 'millrace-gemini-simulator';
import { createSession } from '../support/caller.ts';
import { pngOf } from '../support/images.ts';
import { hs256 } from '../support/json-web-token.ts';
import { until } from '../support/until.ts';
import { readRawEvents, RecordingClient, textOf } from './recording-client.ts';
import type { RawReply } from './recording-client.ts';
import type { RecordedState } from './state.ts';

const PASSWORD = 'correct horse';
const YEAR_2100 = '2100-01-01T00:00:00.000Z';
const PAINTED = pngOf(12, 8, [15, 107, 100]);
const ATTACHED = pngOf(6, 4, [200, 30, 30]);

export interface People {
  /** The first user who signs up, an administrator. */
  ada: RecordingClient;
  grace: RecordingClient;
  guest: RecordingClient;
  /** A user of the host application, identified by a JWT. */
  host: RecordingClient;
  /** Grace's API key. */
  robot: RecordingClient;
}

export async function signUpPeople(url: string, state: RecordedState): Promise<People> {
  const signUp = async (name: string) => {
    const email = `${name}@example.org`;
    const body = { name: name.charAt(0).toUpperCase() + name.slice(1), email, password: PASSWORD };
    state.passwords.push({ email, password: PASSWORD });
    return new RecordingClient(name, url, await createSession(url, 'sign-up/email', body));
  };
  const ada = await signUp('ada');
  const grace = await signUp('grace');
  const guest = new RecordingClient('guest', url, await createSession(url, 'sign-in/anonymous', {}));
  const claims = {
    sub: 'host-1',
    name: 'Hopper',
    email: 'hopper@host.example',
    exp: Date.parse(YEAR_2100) / 1000,
  };
  const host = new RecordingClient('host', url, hs256(claims, state.settings['JWT_SECRET'] ?? ''));
  const { key } = await grace.json<{ key: string }>('POST', '/api/keys', {
    name: 'robot',
    expiresAt: YEAR_2100,
  });
  const robot = new RecordingClient('robot', url, key);
  const people = { ada, grace, guest, host, robot };
  for (const { name, token } of Object.values(people)) state.tokens[name] = token;
  return people;
}

/** Creates a tree with an edited question, regenerated replies, and every status of a reply. @returns the chat */
export async function fillTree(client: RecordingClient, simulator: Simulator): Promise<string> {
  const chatId = await client.newChat({
    settings: { temperature: 0.5, systemPrompt: 'Be brief about mills.' },
  });
  simulator.script([
    {
      thoughts: ['Rivers turn wheels.'],
      chunks: ['The water ', 'turns a wheel 水車 🎡.'],
      candidate: {
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://mills.example/', title: 'Mills' } }] },
      },
    },
  ]);
  const first = await client.ask(chatId, 'How does a mill work?');
  simulator.script([{ text: 'By wind or by water.' }, { text: 'A millstone grinds the grain.' }]);
  const other = await client.reply(`/api/messages/${first.messageId}/regenerate`, {});
  await client.ask(chatId, 'What grinds the grain, then?', { parentId: null });
  await client.fetch('PUT', `/api/messages/${first.messageId}/rating`, { rating: 'good', note: 'clear' });
  await client.fetch('PUT', `/api/messages/${other.messageId}/rating`, { rating: 'bad' });

  const stopped = await stoppedReply(client, simulator, chatId, first.messageId);
  simulator.script([{ text: 'and then the flour is sifted.' }]);
  await client.reply(`/api/messages/${stopped.messageId}/continue`, {});
  simulator.script([{ chunks: ['It broke ', 'off'], fault: { kind: 'reset', afterChunks: 1 } }, '503']);
  await client.ask(chatId, 'Does it break off?', { parentId: other.messageId });
  await client.ask(chatId, 'Is the model there?', { parentId: other.messageId });
  return chatId;
}

async function stoppedReply(
  client: RecordingClient,
  simulator: Simulator,
  chatId: string,
  parentId: string,
): Promise<RawReply> {
  simulator.script([
    { chunks: ['First it is ground ', 'for ever'], fault: { kind: 'stall', afterChunks: 1 } },
  ]);
  const reply = await readUntilText(client, chatId, { content: 'And what becomes of it?', parentId });
  await client.fetch('POST', `/api/generations/${reply.generationId}/stop`);
  return reply;
}

/** Starts a reply, and reads it until it has some text. The connection stays open. */
export async function readUntilText(
  client: RecordingClient,
  chatId: string,
  body: object,
): Promise<RawReply> {
  const response = await client.fetch('POST', `/api/chats/${chatId}/messages`, body);
  const reply: RawReply = { chatId, messageId: '', generationId: '', text: '', status: '', protocol: 0 };
  for await (const { event, data } of readRawEvents(response)) {
    if (event === 'meta') {
      const meta = data as {
        protocol: number;
        generationId: string;
        assistantMessage: { id: string };
      };
      reply.protocol = meta.protocol;
      reply.generationId = meta.generationId;
      reply.messageId = meta.assistantMessage.id;
    }
    if (event !== 'delta') continue;
    reply.text += String(data['text']);
    return reply;
  }
  throw new Error('The reply ended without a text');
}

/** Creates a chat with attached files and a generated image. @returns the chat */
export async function fillMedia(client: RecordingClient, simulator: Simulator): Promise<string> {
  const chatId = await client.newChat({ title: 'Pictures of mills' });
  const image = await client.attach(chatId, ATTACHED, 'mill.png');
  const text = await client.attach(chatId, 'A mill has a wheel.\n', 'notes.txt');
  simulator.script([
    { text: 'I see both.' },
    {
      chunks: ['Here: '],
      parts: [{ inlineData: { mimeType: 'image/png', data: PAINTED.toString('base64') } }],
    },
  ]);
  await client.ask(chatId, 'What do you see?', { attachments: [image, text] });
  await client.ask(chatId, 'Paint a mill');
  return chatId;
}

/** Creates pinned, archived, deleted, imported and hidden chats, cached replies, shares, limits, grants and roles. */
export async function fillTheRest(
  { ada, grace, guest, host, robot }: People,
  { tree, pictures }: { tree: string; pictures: string },
  state: RecordedState,
): Promise<void> {
  const document = await ada.json<object>('GET', `/api/chats/${tree}/export`);
  await grace.json('POST', '/api/chats/import', document);
  const archived = await ada.newChat({ title: 'Archived' });
  await ada.ask(archived, 'What is an archive?');
  await ada.fetch('PATCH', `/api/chats/${archived}`, { archived: true, pinned: true });
  const deleted = await ada.newChat({ title: 'Deleted' });
  await ada.ask(deleted, 'What is a deletion?');
  await ada.fetch('DELETE', `/api/chats/${deleted}`);
  for (const client of [guest, host]) {
    await client.ask(await client.newChat(), 'Which question is asked twice?');
  }
  await robot.fetch('POST', '/v1/chat/completions', {
    model: 'gemini-3.8-flash',
    messages: [{ role: 'user', content: 'Hello from the OpenAI SDK' }],
  });

  const { url } = await ada.json<{ url: string }>('POST', `/api/chats/${tree}/shares`, {
    expiresAt: YEAR_2100,
  });
  const shared = await grace.json<{ url: string }>('POST', `/api/chats/${pictures}/shares`, {});
  const nobody = new RecordingClient('nobody', ada.url, '');
  for (const share of [url, shared.url]) {
    const path = `/api/shares/${share.split('/').at(-1)}`;
    state.answers.push({ as: null, path, body: await nobody.json('GET', path) });
    const { messages } = await nobody.json<{ messages: { parts: { url?: string }[] }[] }>('GET', path);
    const urls = messages.flatMap(({ parts }) =>
      parts.flatMap(({ url = '' }) => (url.startsWith('/') ? [url] : [])),
    );
    for (const media of urls) await nobody.recordMedia(state, media);
  }

  const { user } = await grace.json<{ user: { id: string } }>('GET', '/api/me');
  await ada.fetch('PATCH', `/api/admin/users/${user.id}`, { limits: { tokens: 50_000 }, role: 'admin' });
  await ada.fetch('PATCH', `/api/admin/users/${user.id}`, { role: 'user' });
  await ada.fetch('POST', `/api/admin/users/${user.id}/grants`, { tokens: 700, note: 'for the help' });
  await grace.fetch('PATCH', '/api/me', { cap: 20_000 });
  await createAndDeleteUser(ada);
}

/** Creates a user with a reply, and deletes the user. The ledger keeps the entries. */
async function createAndDeleteUser(administrator: RecordingClient): Promise<void> {
  const { url } = administrator;
  const body = { name: 'Gone', email: 'gone@example.org', password: PASSWORD };
  const gone = new RecordingClient('gone', url, await createSession(url, 'sign-up/email', body));
  await gone.ask(await gone.newChat(), 'What remains?');
  const { user } = await gone.json<{ user: { id: string } }>('GET', '/api/me');
  await administrator.fetch('DELETE', `/api/admin/users/${user.id}`);
}

/** Creates a chat with a generated title and a summary. The server must have both enabled. */
export async function fillBackgroundWork(client: RecordingClient, simulator: Simulator): Promise<void> {
  const chatId = await client.newChat();
  simulator.reset();
  for (const question of ['Where do rivers begin?', 'Where do they end?', 'And in between?']) {
    await client.ask(chatId, question);
    await until('no background request is running', async () => {
      const { items } = await client.json<{ items: { status: string }[] }>(
        'GET',
        `/api/chats/${chatId}/messages`,
      );
      return items.every(({ status }) => status !== 'running');
    });
  }
  const messagesPath = `/api/chats/${chatId}/messages`;
  await until('the chat has a summary and a title', async () => {
    const { items } = await client.json<{ items: { role: string; status: string }[] }>('GET', messagesPath);
    const { title } = await client.json<{ title: string | null }>('GET', `/api/chats/${chatId}`);
    const hasSummary = items.some(({ role, status }) => role === 'system' && status === 'completed');
    return hasSummary && title !== 'Where do rivers begin?';
  });
}

/** Starts replies that run until the server is killed: two that stall, and one that grows. */
export async function startRunningReplies(
  { ada, guest }: People,
  simulator: Simulator,
  state: RecordedState,
) {
  const stall = { kind: 'stall', afterChunks: 2 } as const;
  const replies: [RecordingClient, object][] = [
    [ada, { chunks: ['Rivers begin ', 'in the hills', ' and so on'], fault: stall }],
    [guest, { thoughts: ['Hm.'], chunks: ['A guest is ', 'answered'], fault: stall }],
    [ada, { text: 'The mill 水車 grinds on 🎡. '.repeat(2000) }],
  ];
  for (const [client, behaviour] of replies) {
    simulator.script([behaviour]);
    const chatId = await client.newChat({ title: 'Running' });
    const { messageId, generationId, text, protocol } = await readUntilText(client, chatId, {
      content: 'Tell me of rivers',
    });
    state.running.push({ as: client.name, chatId, messageId, generationId, seenText: text });
    state.protocol = protocol;
  }
}

/** Records the answers for each user in the state. */
export async function recordAnswers(people: People, state: RecordedState): Promise<void> {
  const { ada } = people;
  for (const client of Object.values(people)) {
    const chatIds = await chatIdsOf(client);
    state.chatIds[client.name] = chatIds;
    const running = state.running.map(({ chatId }) => chatId);
    for (const chatId of chatIds) if (!running.includes(chatId)) await recordChat(client, chatId, state);
  }
  for (const path of ['/api/admin/audit', '/api/admin/ratings']) await ada.record(state, path);
  for (const path of ['/api/search?q=millstone', '/api/shares']) await ada.record(state, path);
}

async function recordChat(client: RecordingClient, chatId: string, state: RecordedState): Promise<void> {
  await client.record(state, `/api/chats/${chatId}`);
  const path = `/api/chats/${chatId}/messages`;
  await client.record(state, path);
  const document = await client.json<Record<string, unknown>>('GET', `/api/chats/${chatId}/export`);
  state.exports.push({ as: client.name, chatId, document });
  type Recorded = {
    generationId: string | null;
    role: string;
    status: string;
    parts: { type: string; url?: string }[];
  };
  const { items } = await client.json<{ items: Recorded[] }>('GET', path);
  for (const message of items) {
    for (const { url } of message.parts)
      if (url?.startsWith('/') === true) await client.recordMedia(state, url);
    const { generationId, status } = message;
    if (generationId === null) continue;
    await client.record(state, `/api/generations/${generationId}`);
    state.replays.push({ as: client.name, generationId, text: textOf(message), status });
  }
}

/** Lists the chats of a user, newest first, archived ones last. */
async function chatIdsOf(client: RecordingClient): Promise<string[]> {
  const ids: string[] = [];
  for (const archived of [false, true]) {
    const { items } = await client.json<{ items: { id: string }[] }>(
      'GET',
      `/api/chats?archived=${archived}`,
    );
    ids.push(...items.map(({ id }) => id));
  }
  return ids;
}
