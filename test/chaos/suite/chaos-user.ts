import type { EventData } from '@millrace/protocol';
import { Seeded } from './seeded.ts';
import type { Call, Calls } from './calls.ts';
import type { SeenEvent } from './history.ts';
import type { ReplyPlan, TabPlan, UserPlan } from './plan.ts';
import type { Progress } from './progress.ts';
import { Reader } from './reader.ts';
import { textOf } from './settled-state.ts';
import type { Part } from './settled-state.ts';

/** A user with tabs who follows the plan. */
export class ChaosUser {
  readonly #calls: Calls;
  readonly #progress: Progress;
  readonly #plan: UserPlan;
  readonly #random: Seeded;
  #chatId: string | null = null;
  /** The last known reply in this chat. */
  #last: EventData['meta'] | null = null;
  /** Whether this reply was cut off after some text. */
  #isLastCut = false;
  #asked = 0;
  /** Tabs that wait until their user has requested a number of replies. */
  readonly #sleeping: { until: number; wake: () => void }[] = [];
  /** Tabs that outlast the reply they were opened for. */
  readonly #sleepers: Promise<void>[] = [];

  constructor(calls: Calls, progress: Progress, plan: UserPlan, seed: number) {
    this.#calls = calls;
    this.#progress = progress;
    this.#plan = plan;
    this.#random = new Seeded(seed, 'tabs', plan.name);
  }

  /** Requests all replies. Sleeping tabs may remain. */
  async run(): Promise<void> {
    for (const reply of this.#plan.replies) {
      this.#asked += 1;
      this.#progress.countReply();
      this.#wake(this.#asked);
      this.#chatId ??= await this.#createChat();
      await this.#ask(reply, this.#chatId);
    }
  }

  /** Wakes the sleeping tabs and lets them read to the end. */
  async finish(): Promise<void> {
    this.#wake(Infinity);
    await Promise.all(this.#sleepers);
  }

  async #ask(plan: ReplyPlan, chatId: string): Promise<void> {
    const key = `${this.#plan.name}/${this.#asked}`;
    const call = { ...this.#question(plan, chatId), headers: { 'idempotency-key': key } };
    const open = (tab: string, { leavesAfter }: { leavesAfter: number | null }) =>
      new Reader(this.#calls, this.#progress, {
        tab: `${key}/${tab}`,
        call,
        key,
        generationId: null,
        after: 0,
        leavesAfter,
        stalls: null,
        sleeps: null,
        resumesByPost: this.#random.chance(0.4),
      });
    const first = open('asks', plan);
    const twin = plan.isAskedTwice ? open('asks too', { leavesAfter: null }) : null;
    const reading = first.run();
    await Promise.all([
      reading,
      twin?.run(),
      ...plan.tabs.map((tab, index) => this.#follow(first, reading, tab, `${key}/tab ${index}`)),
      this.#stop(first, plan.stopsAfter),
      this.#deleteChat(first, plan.deletesChatAfter, chatId),
    ]);
    if (this.#chatId !== null) this.#remember([...first.reading.events, ...(twin?.reading.events ?? [])]);
  }

  #remember(events: readonly SeenEvent[]): void {
    const meta = events.find(({ name }) => name === 'meta');
    if (meta === undefined) return;
    this.#last = JSON.parse(meta.data);
    this.#isLastCut = events.some(isCut);
  }

  #question({ origin, content, continuesCut }: ReplyPlan, chatId: string): Call {
    const last = this.#last;
    if (last !== null && this.#isLastCut && continuesCut) {
      this.#calls.history.continuations += 1;
      return { method: 'POST', path: `/api/messages/${last.assistantMessage.id}/continue`, body: {} };
    }
    if (last !== null && origin === 'regenerate') {
      return { method: 'POST', path: `/api/messages/${last.assistantMessage.id}/regenerate`, body: {} };
    }
    const isEdit = last !== null && last.userMessage !== null && origin === 'edit';
    const body = isEdit ? { content, parentId: last.userMessage?.parentId ?? null } : { content };
    return { method: 'POST', path: `/api/chats/${chatId}/messages`, body };
  }

  async #follow(first: Reader, reading: Promise<void>, plan: TabPlan, tab: string): Promise<void> {
    await first.whenSeen(plan.opensAfter);
    const { generationId, cursor } = first;
    if (generationId === null) return;
    const after = Math.floor(plan.from * cursor);
    const reader = new Reader(this.#calls, this.#progress, {
      tab,
      call: { method: 'GET', path: `/api/generations/${generationId}/events?after=${after}` },
      key: null,
      generationId,
      after,
      leavesAfter: plan.leavesAfter,
      stalls: plan.stallsAfter === null ? null : { after: plan.stallsAfter, until: reading },
      sleeps: plan.sleeps && {
        after: plan.sleeps.after,
        until: this.#whenAsked(this.#asked + plan.sleeps.replies),
      },
      resumesByPost: false,
    });
    if (plan.sleeps === null) await reader.run();
    else this.#sleepers.push(reader.run());
  }

  #whenAsked(replies: number): Promise<void> {
    return new Promise((wake) => this.#sleeping.push({ until: replies, wake }));
  }

  #wake(asked: number): void {
    for (const { until, wake } of this.#sleeping) if (asked >= until) wake();
  }

  async #stop(first: Reader, after: number | null): Promise<void> {
    if (after === null) return;
    await first.whenSeen(after);
    const { generationId } = first;
    if (generationId === null) return;
    const path = `/api/generations/${generationId}/stop`;
    const answer = await this.#calls.answer({ method: 'POST', path });
    if (answer?.status !== 200) return;
    const { status } = JSON.parse(answer.body) as { status: string };
    this.#calls.history.stops.push({ generationId, status });
  }

  async #deleteChat(first: Reader, after: number | null, chatId: string): Promise<void> {
    if (after === null) return;
    await first.whenSeen(after);
    this.#chatId = null;
    this.#last = null;
    this.#isLastCut = false;
    await this.#calls.answer({ method: 'DELETE', path: `/api/chats/${chatId}` });
  }

  async #createChat(): Promise<string> {
    const headers = { 'idempotency-key': `${this.#plan.name}/chat-${this.#asked}` };
    const answer = await this.#calls.answer({ method: 'POST', path: '/api/chats', body: {}, headers });
    if (answer?.status !== 201) throw new Error(`No chat: ${answer?.status} ${answer?.body}`);
    return (JSON.parse(answer.body) as { id: string }).id;
  }
}

/** Whether an event ends a reply that has some text and is incomplete. */
function isCut({ name, data }: SeenEvent): boolean {
  if (name !== 'done' && name !== 'error') return false;
  const { status, message, partial } = JSON.parse(data) as Record<
    'message' | 'partial',
    { parts: Part[] }
  > & {
    status: string;
  };
  const { parts } = name === 'done' ? message : partial;
  return status !== 'completed' && textOf(parts, 'text') !== '';
}
