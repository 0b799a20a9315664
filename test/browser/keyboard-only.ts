import type { Page } from 'playwright-core';

/** A user without a mouse, who moves with Tab and must see the focus at each step. */
export class KeyboardUser {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /**
   * Presses Tab until the element with this role and name has the focus.
   *
   * @throws when the focus is lost or invisible on the way
   */
  async reach(
    role: string,
    name: string | RegExp,
    key: 'Tab' | 'Shift+Tab' | 'ArrowDown' = 'Tab',
  ): Promise<void> {
    const way: string[] = [];
    for (let steps = 0; steps < 60; steps += 1) {
      const here = await this.checkFocus();
      way.push(`${here.role} “${here.name}”`);
      const isNamed = typeof name === 'string' ? here.name === name : name.test(here.name);
      if (here.role === role && isNamed) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`No ${role} “${String(name)}” by ${key}: ${way.join(', ')}`);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Waits until an element has the focus, for example after a dialog has opened or closed. */
  async find(role: string, name: string | RegExp): Promise<void> {
    const locator = this.page.getByRole(role as 'button', { name, exact: typeof name === 'string' });
    await this.page.waitForFunction(
      (element) => element === document.activeElement,
      await locator.first().elementHandle(),
    );
    await this.checkFocus();
  }

  /** @returns the focused element. @throws when the focus is lost or invisible */
  async checkFocus(): Promise<{ role: string; name: string }> {
    const focused = await this.page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, outlineWidth, opacity } = getComputedStyle(element);
      // A text box may show the focus on its frame.
      const frame = element.closest('form, div');
      const isFramed = frame?.matches('.focus-within\\:border-primary:focus-within') === true;
      const isParentOutlined =
        element.parentElement !== null && getComputedStyle(element.parentElement).outlineStyle !== 'none';
      const box = element.getBoundingClientRect();
      return {
        isVisible:
          (outlineStyle !== 'none' && outlineWidth !== '0px' && opacity !== '0') ||
          isFramed ||
          isParentOutlined,
        isOnScreen:
          box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
        html: element.outerHTML.slice(0, 300),
      };
    });
    if (focused === null) throw new Error('The focus is lost');
    if (!focused.isVisible) throw new Error(`The focus can't be seen: ${focused.html}`);
    if (!focused.isOnScreen) throw new Error(`The focus is off the screen: ${focused.html}`);
    return this.#describeFocus();
  }

  /** The role and name of the focused element in the accessibility tree. */
  async #describeFocus(): Promise<{ role: string; name: string }> {
    const session = await this.page.context().newCDPSession(this.page);
    const {
      result: { objectId = '' },
    } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const { nodes } = await session.send('Accessibility.getPartialAXTree', {
      objectId,
      fetchRelatives: false,
    });
    await session.detach();
    return { role: String(nodes[0]?.role?.value ?? ''), name: String(nodes[0]?.name?.value ?? '') };
  }
}
