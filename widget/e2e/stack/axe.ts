import axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Visitor } from './visitor';

declare global {
  interface Window {
    axe: { run(context: object, options: RunOptions): Promise<AxeResults> };
  }
}

/** Serious and critical faults that axe finds in the chat, as "rule: element". */
export async function faults(visitor: Visitor): Promise<string[]> {
  await visitor.page.evaluate(axe.source);
  const found = await visitor.page.evaluate(() => window.axe.run({ include: 'anteroom-chat' }, { resultTypes: ['violations'] }));
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any.map((c) => c.message).join('; ')}`));
}
