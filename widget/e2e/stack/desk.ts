import axe from 'axe-core';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Operator } from './operator';
import type { Facts } from './start';

/** The panel on a page of its own, used as a person uses it: by roles and names. */
export class Desk {
  readonly page: Page;
  readonly list: Locator;
  readonly search: Locator;

  private constructor(page: Page) {
    this.page = page;
    this.list = page.getByRole('list', { name: /^(Dialogs|Диалоги)$/ });
    this.search = page.getByRole('searchbox');
  }

  /** Opens the panel for an operator who is signed in. */
  static async open(context: BrowserContext, facts: Facts, operator: Operator, more = ''): Promise<Desk> {
    const openid = await operator.call<object>('POST', `v3/user/${encodeURIComponent(operator.userID)}/openid/request_token`, {});
    const base = facts.public_url.replace(/\/?$/, '/');
    const answer = await fetch(`${base}panel/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ openid, site: facts.site }),
    });
    if (!answer.ok) throw new Error(`The bridge does not let the operator in: ${await answer.text()}`);
    const session = await answer.text();
    await context.addInitScript((kept) => {
      // A new tab's first document is nobody's, and keeps nothing.
      if (location.protocol.startsWith('http')) localStorage.setItem('anteroom.panel', kept);
    }, session);
    const page = await context.newPage();
    await page.goto(`${base}panel/${facts.site}${more}`);
    return new Desk(page);
  }

  /** The row of the visitor who wrote this last, or whose row says it in another way. */
  row(text: string | RegExp): Locator {
    return this.list.getByRole('listitem').filter({ hasText: text });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  /** Where the row stands that holds the text; -1 while there is none. */
  async place(text: string): Promise<number> {
    const rows = await this.list.getByRole('listitem').allTextContents();
    return rows.findIndex((row) => row.includes(text));
  }

  /** All faults that axe finds in the page, as "rule: element". */
  async faults(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any.map((c) => c.message).join('; ')}`));
  }
}
