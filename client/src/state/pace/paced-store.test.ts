import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Page } from '../../../test-support/page.ts';
import { message } from '../../../test-support/scripted-server.ts';
import type { ReplySnapshot, Store } from '../index.ts';
import { pacedReplyStore } from '../index.ts';

/** A screen that paints when the test calls `paint`. */
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

  /** @returns whether a frame was requested */
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
afterEach(() => {
  // Runs the requested frame, whose fallback timer would fire after the stubs are gone.
  screen.paint();
  vi.unstubAllGlobals();
});

/** A paced reply whose text the test sets. */
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
  const unsubscribe = store.subscribe(() => undefined);
  const become = (changes: Partial<typeof source>) => {
    Object.assign(source, changes);
    snapshot = take();
    for (const listener of listeners) listener();
  };
  return { store, unsubscribe, become, shown: () => store.getSnapshot().text.length };
}

test('the text at the start is shown at once, and later text gradually', () => {
  const { store, become, shown, unsubscribe } = growing('a'.repeat(500));
  expect(shown()).toBe(500);
  become({ text: 'a'.repeat(600) });
  expect(shown()).toBeGreaterThan(500);
  expect(shown()).toBeLessThan(520);
  const before = shown();
  screen.paint();
  expect(shown()).toBeGreaterThan(before);
  expect(store.getSnapshot().message?.parts).toEqual([{ type: 'text', text: 'a'.repeat(shown()) }]);
  unsubscribe();
});

test('the first text is shown at once, however long it is', () => {
  const { become, shown, unsubscribe } = growing();
  become({ text: 'a'.repeat(5000) });
  expect(shown()).toBe(5000);
  unsubscribe();
});

test('a completed reply is shown whole within 300 ms, and is streaming until then', () => {
  const { store, become, shown, unsubscribe } = growing('a');
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
  unsubscribe();
});

test('a stopped reply is shown whole at once', () => {
  const { store, become, shown, unsubscribe } = growing('a');
  become({ text: 'a'.repeat(5000) });
  expect(shown()).toBeLessThan(5000);
  become({ status: 'stopped' });
  expect(shown()).toBe(5000);
  expect(store.getSnapshot()).toMatchObject({ status: 'stopped', message: { status: 'stopped' } });
  unsubscribe();
});

test('a text that becomes shorter is shown at once', () => {
  const { become, shown, unsubscribe } = growing('a'.repeat(500));
  become({ text: 'a'.repeat(40) });
  expect(shown()).toBe(40);
  unsubscribe();
});

test('text is not paced on a hidden page, nor with reduced motion', () => {
  const { become, shown, unsubscribe } = growing();
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
  unsubscribe();
});

test('after the last unsubscription no frame is requested', () => {
  const { become, unsubscribe } = growing();
  become({ text: 'a'.repeat(100) });
  unsubscribe();
  screen.paint();
  expect(screen.paint()).toBe(false);
});
