import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import type { Dialog } from './dialog';
import type { Operator } from './operator';

/** Where pictures go for people to look at. */
const pictures = resolve('../build/e2e');

/** The panel as a page of its own, used as a person uses it. */
export class OwnPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, address: string, width = 400): Promise<OwnPage> {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.goto(address);
    return new OwnPage(page);
  }

  /** Changes a field that has a value. */
  edits(field: string, text: string): Promise<void> {
    return this.#types('Edit', field, text);
  }

  /** Fills in an empty field. */
  adds(field: string, text: string): Promise<void> {
    return this.#types('Add', field, text);
  }

  async picture(name: string): Promise<void> {
    await mkdir(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `panel-${name}.png`), animations: 'disabled', fullPage: true });
  }

  /** All that axe finds, as "rule: element". */
  async faults(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any.map((c) => c.message).join('; ')}`));
  }

  async #types(how: 'Edit' | 'Add', field: string, text: string): Promise<void> {
    await this.page.getByRole('button', { name: `${how}: ${field}` }).click();
    await this.page.getByRole('textbox', { name: field }).fill(text);
    await this.page.keyboard.press('Enter');
  }
}

/** Asks for a link in the dialog's room; it comes to the operator alone. */
export async function linkFrom(operator: Operator, dialog: Dialog): Promise<string> {
  const seen = new Set(links(operator));
  await dialog.says('!panel');
  return operator.wait('the link to the panel', () => links(operator).find((link) => !seen.has(link)));
}

/** All links that ever came, the oldest first. */
function links(operator: Operator): string[] {
  return [...operator.rooms.values()]
    .flatMap(({ events }) => events)
    .flatMap((event) => {
      const { formatted_body: html, body = '' } = event.content;
      const found = /https?:\/\/[^\s"<>)]*\/panel\/[^\s"<>)]*#[^\s"<>)]*link=[^\s"<>)]*/.exec(`${typeof html === 'string' ? html : ''} ${body}`);
      return found ? [found[0].replaceAll('&amp;', '&')] : [];
    });
}
