import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What axe finds wrong with the page, and where. */
export async function violationsOf(page: Page): Promise<string[]> {
  // By these Base UI turns the focus round: they are never seen, and hand it on at once.
  const axe = new AxeBuilder({ page }).exclude('[data-base-ui-focus-guard]');
  // What is right isn't listed, and no second page is opened to put frames together, of which there are none: that would take half
  // as long again.
  const { violations } = await axe
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes
      // An open menu lies over the page's landmarks; the button it belongs to is in one.
      .filter(({ html }) => id !== 'region' || !html.includes('role="menu"'))
      .map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
