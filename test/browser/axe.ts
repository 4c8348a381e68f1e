import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The rules of WCAG 2 up to AA, and what else axe calls good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What axe finds wrong with the page, each as its rule and the first element. Evaluated, so that the page's policy holds.
 * @param rules all but these are left out
 */
export async function findings(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  const runOnly =
    rules === undefined ? { type: 'tag' as const, values: TAGS } : { type: 'rule' as const, values: [...rules] };
  return page.evaluate(async (runOnly) => {
    const judge = (globalThis as unknown as { axe: typeof axe }).axe;
    const { violations } = await judge.run({ runOnly, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${String(target[0])}`));
  }, runOnly);
}
