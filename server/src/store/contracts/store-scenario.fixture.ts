import type { Message, User } from '@millrace/protocol';
import { afterEach, beforeEach } from 'vitest';
import type { Store } from '../store.ts';
import type { ReplyPlan } from '../transactions/begin-generation.ts';
import type { Settlement } from '../transactions/settle-generation.ts';
import type { StartedGeneration, StartGeneration } from '../transactions/start-generation.ts';
import { endReply, identity, planWith, RESERVATION, startReply } from './store.fixture.ts';

/** One kind of store, as the suites use it. */
export interface StoreHarness {
  store: Store;
  /** Sets the clock (ms). */
  setNow(now: number): void;
  close(): Promise<void>;
}

export const NOVEMBER = Date.UTC(2026, 10, 21);
export const USAGE = {
  promptTokens: 10,
  cachedTokens: 0,
  outputTokens: 20,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 30,
};

export function node(id: string, renewals = 0) {
  return { id, renewals, process: '' };
}

export function textsOf(messages: readonly Message[]): string[] {
  return messages.map(({ parts }) => parts.map((part) => ('text' in part ? part.text : '')).join(''));
}

/** Gives each test of a suite a new store with the user Ada and the node `node-1`. Call it within `describe`. */
export function storeScenario<Harness extends StoreHarness>(start: () => Promise<Harness>) {
  let current: { harness: Harness; store: Store; ada: User } | null = null;
  let generationCount = 0;
  beforeEach(async () => {
    const harness = await start();
    harness.setNow(NOVEMBER);
    const { store } = harness;
    current = { harness, store, ada: await store.resolveUser(identity('ada')) };
    await store.registerNode(node('node-1'));
  });
  afterEach(() => get().harness.close());

  function get() {
    if (current === null) throw new Error('The scenario exists within tests only');
    return current;
  }

  /** The id of another generation. */
  function nextId(): string {
    generationCount += 1;
    return String(generationCount).padStart(16, '0');
  }

  /** Starts a reply of Ada, unless the changes name another user. */
  async function send(
    chatId: string,
    content: string,
    {
      reserve = () => RESERVATION,
      ...changes
    }: Partial<StartGeneration & ReplyPlan> & { parentId?: string | null } = {},
  ): Promise<StartedGeneration> {
    return startReply(get().store, {
      userId: get().ada.id,
      generationId: nextId(),
      enforcesGlobalLimit: true,
      usesSummaries: true,
      origin: { kind: 'send', chatId, content, parentId: changes.parentId },
      planFor: planWith(reserve),
      ...changes,
    });
  }

  function settle(generationId: string, changes: Partial<Settlement> = {}) {
    return endReply(get().store, generationId, { usage: USAGE, costMicros: 20, ...changes });
  }

  /** The balance of a user in tokens. */
  async function spent(userId: string) {
    const { used, reserved } = (await get().store.findAccount(userId)).balance;
    return { used: used.tokens, reserved: reserved.tokens };
  }
  return { get, nextId, send, settle, spent };
}
