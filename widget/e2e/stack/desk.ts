import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Operator } from './operator';
import { deskOf, linkFrom, OwnPage } from './panel';
import type { Facts } from './start';

/** The panel with its inbox, used as a person uses it: by roles and names. */
export class Desk extends OwnPage {
  readonly list: Locator;
  readonly search: Locator;

  private constructor(page: Page) {
    super(page);
    this.list = page.getByRole('list', { name: /^(Dialogs|Диалоги)$/ });
    this.search = page.getByRole('searchbox');
  }

  /** Signs the operator in by a link from the desk's room, and opens the panel; more is the address's rest. */
  static async inbox(context: BrowserContext, facts: Facts, operator: Operator, more = ''): Promise<Desk> {
    const { page: door } = await OwnPage.enter(context, await linkFrom(operator, await deskOf(operator, facts.site)));
    await door.close();
    const page = await context.newPage();
    await page.goto(`${facts.public_url.replace(/\/?$/, '/')}panel/${facts.site}${more}`);
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
}
