import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Page } from '../../../test-support/page.ts';
import { message } from '../../../test-support/scripted-server.ts';
import type { ReplySnapshot, Store } from '../index.ts';
import { pacedReplyStore } from '../index.ts';

/** A screen that paints when the test says so. */
class Screen {
  #now = 0;
  #frames: (() => void)[] = [];
  prefersReducedMotion = false;

  turnOn(): void {
    vi.stubGlobal('performance', { now: () => this.#now });
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => this.#frames.push(frame));
    vi.stubGlobal('cancelAnimationFrame', () => undefined);
    vi.stubGlobal('matchMedia', () => ({ matches: this.prefersReducedMotion }));
  }

  /** @returns whether anything was to be painted */
  paint(milliseconds = 1000 / 60): boolean {
    this.#now += milliseconds;
    const frames = this.#frames.splice(0);
    for (const frame of frames) frame();
    return frames.length > 0;
  }
}

let screen: Screen;
let page: Page;
beforeEach(() => {
  screen = new Screen();
  page = Page.open();
  screen.turnOn();
});
afterEach(() => void vi.unstubAllGlobals());

/** A reply whose text the test says, and what is shown of it. */
function growing(text = '') {
  const source = { text, status: 'running' as 'running' | 'completed' | 'stopped' };
  const listeners = new Set<() => void>();
  const take = (): ReplySnapshot => ({
    status: source.status === 'running' ? 'streaming' : source.status,
    message: message({ status: source.status, parts: [{ type: 'text', text: source.text }] }),
    text: source.text,
    generationId: null,
    thoughts: '',
    usage: null,
    error: null,
    notice: null,
    connection: 'open',
  });
  let snapshot = take();
  const store: Store<ReplySnapshot> = pacedReplyStore({
    getSnapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const leave = store.subscribe(() => undefined);
  const become = (changes: Partial<typeof source>) => {
    Object.assign(source, changes);
    snapshot = take();
    for (const listener of listeners) listener();
  };
  return { store, leave, become, shown: () => store.getSnapshot().text.length };
}

test('what is there at first sight is shown at once, and what comes then little by little', () => {
  const { store, become, shown, leave } = growing('a'.repeat(500));
  expect(shown()).toBe(500);
  become({ text: 'a'.repeat(600) });
  expect(shown()).toBeGreaterThan(500);
  expect(shown()).toBeLessThan(520);
  const before = shown();
  screen.paint();
  expect(shown()).toBeGreaterThan(before);
  expect(store.getSnapshot().message?.parts).toEqual([{ type: 'text', text: 'a'.repeat(shown()) }]);
  leave();
});

test('the first words are shown at once, also where they are all that was said before somebody came', () => {
  const { become, shown, leave } = growing();
  become({ text: 'a'.repeat(5000) });
  expect(shown()).toBe(5000);
  leave();
});

test('a reply that has ended is shown whole within 300 ms, and counts as streaming until then', () => {
  const { store, become, shown, leave } = growing('a');
  become({ text: 'a'.repeat(5000), status: 'completed' });
  let elapsed = 0;
  while (shown() < 5000) {
    expect(store.getSnapshot()).toMatchObject({ status: 'streaming', message: { status: 'running' } });
    screen.paint(20);
    elapsed += 20;
  }
  expect(elapsed).toBeLessThanOrEqual(300);
  expect(store.getSnapshot()).toMatchObject({ status: 'completed', message: { status: 'completed' } });
  expect(screen.paint()).toBe(false);
  leave();
});

test('a reply that was stopped says so at once, with all that was written', () => {
  const { store, become, shown, leave } = growing('a');
  become({ text: 'a'.repeat(5000) });
  expect(shown()).toBeLessThan(5000);
  become({ status: 'stopped' });
  expect(shown()).toBe(5000);
  expect(store.getSnapshot()).toMatchObject({ status: 'stopped', message: { status: 'stopped' } });
  leave();
});

test('a text that has become shorter is shown as it is', () => {
  const { become, shown, leave } = growing('a'.repeat(500));
  become({ text: 'a'.repeat(40) });
  expect(shown()).toBe(40);
  leave();
});

test('a page that nobody looks at, and who wants no motion, are shown all there is', () => {
  const { become, shown, leave } = growing();
  page.hide();
  become({ text: 'a'.repeat(100) });
  expect(shown()).toBe(100);
  page.show();
  screen.prefersReducedMotion = true;
  become({ text: 'a'.repeat(200) });
  expect(shown()).toBe(200);
  screen.prefersReducedMotion = false;
  become({ text: 'a'.repeat(300) });
  expect(shown()).toBeLessThan(220);
  leave();
});

test('nothing is painted for a reply that was left', () => {
  const { become, leave } = growing();
  become({ text: 'a'.repeat(100) });
  leave();
  screen.paint();
  expect(screen.paint()).toBe(false);
});
