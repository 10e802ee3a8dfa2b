import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { pageFaults } from './axe';
import type { Operator } from './operator';

/** Where pictures go for people to look at. */
const pictures = resolve('../build/e2e');

/** The panel as a page of its own, used as a person uses it. */
export class OwnPage {
  readonly page: Page;

  protected constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, address: string, width = 400): Promise<OwnPage> {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.goto(address);
    return new OwnPage(page);
  }

  /** Opens a link, and signs in by it where nobody is signed in. */
  static async enter(context: BrowserContext, link: string, width?: number): Promise<OwnPage> {
    const own = await OwnPage.open(context, link, width);
    await own.goesOn();
    return own;
  }

  /** Says yes to the link that was opened. */
  async goesOn(): Promise<void> {
    await this.page.getByRole('button', { name: /^(Continue|Продолжить)/ }).click();
    await this.page.getByRole('button', { name: /^(Sign out|Выйти)$/ }).waitFor();
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
  faults(): Promise<string[]> {
    return pageFaults(this.page);
  }

  async #types(how: 'Edit' | 'Add', field: string, text: string): Promise<void> {
    await this.page.getByRole('button', { name: `${how}: ${field}` }).click();
    await this.page.getByRole('textbox', { name: field }).fill(text);
    await this.page.keyboard.press('Enter');
  }
}

/** The room where the panel stands: the site's desk. */
export async function deskOf(operator: Operator, site: string): Promise<string> {
  return operator.wait('the room of the desk', () => {
    for (const [id, { events }] of operator.rooms) {
      const widget = events.find((e) => e.type === 'im.vector.modular.widgets' && e.state_key === 'chat.anteroom.panel');
      if (widget?.content.url?.includes(`/panel/${site}?`)) return id;
    }
    return undefined;
  });
}

/** Asks for a link in a room; it comes to the operator alone. */
export async function linkFrom(operator: Operator, room: string): Promise<string> {
  const seen = new Set(links(operator));
  await operator.call('PUT', `v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${operator.transaction()}`, { msgtype: 'm.text', body: '!panel' });
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
