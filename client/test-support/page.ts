import { vi } from 'vitest';

/** A page's window and document, as far as looking at it and waking up go. */
export class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  /** A new page, that the code under test runs in until `vi.unstubAllGlobals`. */
  static open(): Page {
    const page = new Page();
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', page);
    return page;
  }

  show(): void {
    this.#change('visible');
  }

  hide(): void {
    this.#change('hidden');
  }

  #change(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}
