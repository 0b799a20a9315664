import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, WEB_ROOT } from '../../support/browser.ts';
import { Caller, createSession, readEvents } from '../../support/caller.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';
import { BROKEN, HALF, REFUSED, RICH, STRANGE } from './replies.ts';
import type { Exchange } from './replies.ts';
import { watchForProblems } from './watch-page.ts';
import type { PageProblems } from './watch-page.ts';
import { WAIT_TIMEOUT_MS } from '../../support/time-limits.ts';

export const PASSWORD = 'correct horse';
export const LIMIT = 20_000;
const ADMINISTRATOR = { name: 'Grace Hopper', email: 'grace@example.org', password: PASSWORD };
const PEOPLE = ['Ada Lovelace', 'Maximiliane Friederike von Hohenstein-Schwarzenberg', 'Alan Turing'];

/** Who opens a scene. Each guest and user is new; the administrator is always the same and has chats. */
export type Viewer = 'nobody' | 'guest' | 'user' | 'administrator';

/** The administrator's chats, by how their reply ended. */
export type ChatName = 'rich' | 'stopped' | 'interrupted' | 'failed' | 'refused' | 'strange';

/** The servers and the browser of all scenes. The main server has users, chats and usage. */
export class SceneWorld {
  readonly server: TestServer;
  /** A server with the demo model and no users yet. */
  readonly demo: TestServer;
  readonly browser: Browser;
  readonly chats: Record<ChatName, string>;
  readonly #dataDir: string;
  #visitors = 0;

  private constructor(
    servers: { server: TestServer; demo: TestServer },
    browser: Browser,
    chats: Record<ChatName, string>,
    dataDir: string,
  ) {
    this.server = servers.server;
    this.demo = servers.demo;
    this.browser = browser;
    this.chats = chats;
    this.#dataDir = dataDir;
  }

  static async create(): Promise<SceneWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-scenes-'));
    const settings = { DATA_DIR: dataDir, DEFAULT_TOKEN_LIMIT: String(LIMIT), MODEL_IDLE_TIMEOUT: '1d' };
    const before = await startTestServer(settings);
    await createSession(before.url, 'sign-up/email', ADMINISTRATOR);
    for (const [index, name] of PEOPLE.entries()) {
      await createSession(before.url, 'sign-up/email', {
        name,
        email: `person-${index}@example.org`,
        password: PASSWORD,
      });
    }
    const interrupted = await askAndLeave(before, await administratorOf(before.url), HALF);
    // Shutting down interrupts the reply.
    await before.close();

    const server = await startTestServer(settings, {}, { webRoot: WEB_ROOT });
    const caller = await administratorOf(server.url);
    const chats = { ...(await createChats(server, caller)), interrupted: interrupted.chatId };
    const demo = await startTestServer(
      { GEMINI_API_KEY: '', GEMINI_BASE_URL: '' },
      {},
      { webRoot: WEB_ROOT },
    );
    return new SceneWorld({ server, demo }, await launchBrowser(), chats, dataDir);
  }

  /** A new, empty tab of a viewer. */
  async visit(
    viewer: Viewer,
    options: BrowserContextOptions = {},
    url = this.server.url,
  ): Promise<{ page: Page; problems: PageProblems }> {
    const context = await this.browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...options });
    const headers = { origin: url };
    const signIn = async (path: string, data: object) => {
      const response = await context.request.post(`${url}/api/auth/${path}`, { data, headers });
      if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`);
    };
    if (viewer === 'guest') await signIn('sign-in/anonymous', {});
    if (viewer === 'administrator') await signIn('sign-in/email', ADMINISTRATOR);
    if (viewer === 'user') {
      this.#visitors += 1;
      const email = `visitor-${this.#visitors}@example.org`;
      await signIn('sign-up/email', { name: 'Ada Lovelace', email, password: PASSWORD });
    }
    context.setDefaultTimeout(WAIT_TIMEOUT_MS);
    return { problems: watchForProblems(context), page: await context.newPage() };
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
    await this.demo.close();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

/** Creates chats whose replies end in every possible way. The last one is on top of the list. */
async function createChats(
  server: TestServer,
  caller: Caller,
): Promise<Omit<Record<ChatName, string>, 'interrupted'>> {
  const ask = async ({ question, reply }: Exchange) => {
    server.simulator.script([reply]);
    return (await caller.ask(question)).meta.chatId;
  };
  const strange = await ask(STRANGE);
  const refused = await ask(REFUSED);
  const failed = await ask(BROKEN);
  const stopped = await askAndLeave(server, caller, HALF);
  await caller.json('POST', `/api/generations/${stopped.generationId}/stop`);
  const rich = await ask(RICH);
  return { strange, refused, failed, stopped: stopped.chatId, rich };
}

/** Sends a question and waits until the reply has some text. */
async function askAndLeave(server: TestServer, caller: Caller, { question, reply }: Exchange) {
  server.simulator.script([reply]);
  const { id: chatId } = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${chatId}/messages`, { content: question });
  let generationId = '';
  for await (const { event, data } of readEvents(response)) {
    if (event === 'meta') ({ generationId } = data);
    if (event === 'delta' && data.text.includes('However')) break;
  }
  return { chatId, generationId };
}

async function administratorOf(url: string): Promise<Caller> {
  const { email, password } = ADMINISTRATOR;
  return new Caller(url, await createSession(url, 'sign-in/email', { email, password }));
}
