import { vi } from 'vitest';

/** The window and document of a page, with visibility and `online` events. */
export class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  /** Opens a page for the code under test, until `vi.unstubAllGlobals`. */
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
