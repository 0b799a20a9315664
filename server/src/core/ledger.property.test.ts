import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Usage } from '@millrace/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqliteDatabase } from '../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import { endReply, planWith, startReply } from '../store/contracts/store.fixture.ts';
import { ProblemError } from './errors.ts';
import { reserve } from './budget.ts';
import { ZERO_USAGE } from './usage.ts';

const NODE = 'node-1';
const LIMITS = { user: 5000, guest: 5000, total: null, costMicros: 20_000 };
const PRICES = { input: 1_000_000, output: 4_000_000, cached: 100_000 };
const NOW = Date.UTC(2026, 10, 21);

/** Operations on the replies of one user, in any order. */
type Step =
  | { do: 'start'; promptTokens: number; isPriced: boolean }
  | { do: 'end'; which: number; status: 'completed' | 'stopped' | 'failed'; used: number; costMicros: number }
  | { do: 'end again'; which: number; used: number }
  | { do: 'grant'; tokens: number }
  | { do: 'crash' };

const tokens = fc.nat(6000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('start' as const), promptTokens: fc.nat(800), isPriced: fc.boolean() }),
  fc.record({
    do: fc.constant('end' as const),
    which: fc.nat(),
    status: fc.constantFrom('completed' as const, 'stopped' as const, 'failed' as const),
    used: tokens,
    costMicros: fc.nat(40_000),
  }),
  fc.record({ do: fc.constant('end again' as const), which: fc.nat(), used: tokens }),
  fc.record({ do: fc.constant('grant' as const), tokens: fc.nat(3000) }),
  fc.record({ do: fc.constant('crash' as const) }),
);

function usage(totalTokens: number): Usage {
  return { ...ZERO_USAGE, outputTokens: totalTokens, totalTokens };
}

/** One user's replies in a new database, and their expected sums. */
class ModelLedger {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-ledger-'));
  #database = this.#open();
  #store = this.#storeOf();
  #userId = '';
  #chatId = '';
  #started = 0;
  #granted = 0;
  readonly #ended: string[] = [];
  /** By generation. */
  readonly #running = new Map<string, { tokens: number; costMicros: number }>();

  async prepare(): Promise<void> {
    const identity = { issuer: 'local', subject: 'ada', kind: 'password', name: 'Ada', email: null } as const;
    this.#userId = (await this.#store.resolveUser(identity)).id;
    await this.#store.registerNode({ id: NODE, renewals: 0, process: '' });
    this.#chatId = (await this.#store.createChat(this.#userId, null)).id;
  }

  async take(each: Step): Promise<void> {
    switch (each.do) {
      case 'start':
        return this.#start(each.promptTokens, each.isPriced);
      case 'end': {
        const running = [...this.#running.keys()];
        const generationId = running[each.which % Math.max(1, running.length)];
        if (generationId !== undefined)
          await this.#settle(generationId, each.status, each.used, each.costMicros);
        return;
      }
      case 'end again': {
        const generationId = this.#ended[each.which % Math.max(1, this.#ended.length)];
        if (generationId !== undefined) await this.#settle(generationId, 'failed', each.used, 0);
        return;
      }
      case 'grant':
        await this.#store.grant(this.#userId, this.#userId, { tokens: each.tokens, costMicros: 0 }, '');
        this.#granted += each.tokens;
        return;
      case 'crash':
        return this.#crash();
    }
  }

  /** @returns the discrepancies in the ledger */
  async check(): Promise<unknown[]> {
    const { used, reserved, granted } = (await this.#store.findAccount(this.#userId)).balance;
    expect(used.tokens + reserved.tokens).toBeLessThanOrEqual(LIMITS.user + this.#granted);
    expect(used.costMicros + reserved.costMicros).toBeLessThanOrEqual(LIMITS.costMicros);
    expect(granted.tokens).toBe(this.#granted);
    const held = { tokens: 0, costMicros: 0 };
    for (const each of this.#running.values()) {
      held.tokens += each.tokens;
      held.costMicros += each.costMicros;
    }
    expect(reserved).toEqual(held);
    return this.#store.checkLedger();
  }

  close(): void {
    this.#database.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #start(promptTokens: number, isPriced: boolean): Promise<void> {
    this.#started += 1;
    const generationId = String(this.#started).padStart(16, '0');
    try {
      const started = await startReply(this.#store, {
        userId: this.#userId,
        generationId,
        contextMessages: 1,
        origin: { kind: 'send', chatId: this.#chatId, content: 'Hello', parentId: null },
        planFor: planWith((_context, account, total) => {
          const wanted = { promptTokens, maxOutputTokens: 2000, prices: isPriced ? PRICES : null };
          return reserve(wanted, account, total, LIMITS, NOW);
        }),
      });
      const { tokens: held, costMicros } = started.reservation;
      this.#running.set(generationId, { tokens: held, costMicros });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'budget_exceeded') throw error;
    }
  }

  async #settle(
    generationId: string,
    status: 'completed' | 'stopped' | 'failed' | 'interrupted',
    used: number,
    costMicros: number,
  ): Promise<void> {
    const { charge } = await endReply(this.#store, generationId, {
      status,
      parts: [],
      finishReason: null,
      usage: used === 0 ? null : usage(used),
      costMicros,
      usageSource: 'estimate',
    });
    const held = this.#running.get(generationId);
    // Once is enough.
    expect(charge === null).toBe(held === undefined);
    if (held === undefined) return;
    expect(charge).toEqual({
      tokens: Math.min(used, held.tokens),
      costMicros: Math.min(costMicros, held.costMicros),
    });
    this.#running.delete(generationId);
    this.#ended.push(generationId);
  }

  /** The process dies, and the next one ends its replies. */
  async #crash(): Promise<void> {
    this.#database.close();
    this.#database = this.#open();
    this.#store = this.#storeOf();
    for (const generationId of await this.#store.listUnfinishedGenerations(NODE)) {
      if (this.#running.has(generationId)) await this.#settle(generationId, 'interrupted', 100, 10);
    }
    expect(this.#running.size).toBe(0);
  }

  #open(): SqliteDatabase {
    return new SqliteDatabase(join(this.#folder, 'millrace.db'));
  }

  #storeOf() {
    const clock = { ...systemClock, now: () => NOW };
    return createSqliteStore(this.#database, { clock, ids: createIds(clock) });
  }
}

test('in any order of starts, ends, repeated ends, grants and crashes, the ledger balances and no budget is exceeded', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const ledger = new ModelLedger();
      try {
        await ledger.prepare();
        for (const each of steps) {
          await ledger.take(each);
          expect(await ledger.check()).toEqual([]);
        }
      } finally {
        ledger.close();
      }
    }),
    { numRuns: 150 },
  );
});
