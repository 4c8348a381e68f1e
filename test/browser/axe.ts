import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What breaks the rules of accessibility on a page: each rule, with the first element that breaks it. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes[0].target.join(' ')))`);
}
