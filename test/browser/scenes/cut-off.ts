import type { Page } from 'playwright-core';

/** Elements that are cut off at the sides of the window and can't be scrolled into view. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isScrolledSideways = (element: Element) => {
      for (let above = element.parentElement; above; above = above.parentElement) {
        if (
          ['auto', 'scroll'].includes(getComputedStyle(above).overflowX) &&
          above.scrollWidth > above.clientWidth
        )
          return true;
      }
      return false;
    };
    const wrong: string[] = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) wrong.push('the page itself scrolls sideways');
    for (const element of document.querySelectorAll(
      'button, a, input, textarea, select, h1, h2, h3, p, img, td, th',
    )) {
      if (element.closest('[inert], [aria-hidden=true], .sr-only') || !element.checkVisibility()) continue;
      const { left, right } = element.getBoundingClientRect();
      if ((left < -1 || right > width + 1) && !isScrolledSideways(element)) {
        wrong.push(`${Math.round(left)}–${Math.round(right)}: ${element.outerHTML.slice(0, 200)}`);
      }
    }
    return wrong;
  });
}
