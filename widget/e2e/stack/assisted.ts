import type { BrowserContext } from 'playwright-core';
import type { Facts } from './start';
import { Visitor } from './visitor';

/** A page of the shop with the widget of the site that a model answers for. */
export async function assisted(context: BrowserContext, facts: Facts, path = ''): Promise<Visitor> {
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/assistant.js` }));
  return Visitor.visit(context, `${facts.visitor_url}${path}`);
}

/** What the model has shown of its words so far; empty once they are said. */
export async function growing(visitor: Visitor): Promise<string> {
  // Hidden from roles, because it is not said yet.
  const bubble = visitor.log.locator('article[aria-hidden=true] .text');
  return (await bubble.count()) ? bubble.innerText() : '';
}
