import axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import type { Visitor } from './visitor';

declare global {
  interface Window {
    axe: { run(context: object, options: RunOptions): Promise<AxeResults> };
  }
}

/** All faults that axe finds in the chat, of any weight, as "rule: element". */
export function faults(visitor: Visitor): Promise<string[]> {
  return violations(visitor.page, 'anteroom-chat');
}

/** All faults that axe finds in a whole page, as "rule: element". */
export async function pageFaults(page: Page): Promise<string[]> {
  return told(await findings(page, 'html'));
}

/** All faults that axe finds in a part of a page, as "rule: element". */
export async function violations(page: Page, include: string): Promise<string[]> {
  return told(await findings(page, include));
}

async function findings(page: Page, include: string): Promise<AxeResults['violations']> {
  await page.evaluate(axe.source);
  const found = await page.evaluate((within) => window.axe.run({ include: within }, { resultTypes: ['violations'] }), include);
  return found.violations;
}

function told(found: AxeResults['violations']): string[] {
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any.map((c) => c.message).join('; ')}`));
}
