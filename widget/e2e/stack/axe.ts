import axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import type { Visitor } from './visitor';

declare global {
  interface Window {
    axe: { run(context: object, options: RunOptions): Promise<AxeResults> };
  }
}

/** Serious and critical faults that axe finds in the chat, as "rule: element". */
export async function faults(visitor: Visitor): Promise<string[]> {
  const found = await findings(visitor.page, 'anteroom-chat');
  return told(found.filter(({ impact }) => impact === 'serious' || impact === 'critical'));
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
