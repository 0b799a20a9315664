import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** The problems that axe finds on a page, and their elements. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Base UI traps the focus with these invisible elements, which pass it on immediately.
  const axe = new AxeBuilder({ page }).exclude('[data-base-ui-focus-guard]');
  // Passed rules aren't collected, and legacy mode skips the second page that would merge the results of frames: both save time.
  const { violations } = await axe
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes
      // An open menu is outside of the page's landmarks, but its button is inside one.
      .filter(({ html }) => id !== 'region' || !html.includes('role="menu"'))
      .map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
