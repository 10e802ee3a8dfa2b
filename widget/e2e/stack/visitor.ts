import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { Attachment } from './files';

/**
 * A page of the shop in a visitor's browser, used as a person uses it: by
 * roles and names only.
 */
export class Visitor {
  readonly page: Page;
  readonly launcher: Locator;
  readonly window: Locator;
  /** What scrolls: the messages, and what is on its way beside them. */
  readonly messages: Locator;
  readonly log: Locator;
  readonly textbox: Locator;

  constructor(page: Page) {
    this.page = page;
    // Its name says "Open chat", "Close chat", "Open chat, unread messages: 1", or so in Russian or Arabic.
    this.launcher = page.getByRole('button', { name: /chat|чат|محادثة/i });
    this.window = page.getByRole('dialog');
    this.messages = page.getByRole('group', { name: /^(messages|сообщения|الرسائل)$/i });
    this.log = page.getByRole('log');
    this.textbox = page.getByRole('textbox', { name: /^(message|сообщение|الرسالة)$/i });
  }

  /** Opens a page of the shop in a new tab. */
  static async visit(context: BrowserContext, url: string): Promise<Visitor> {
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(url);
    await visitor.launcher.waitFor();
    return visitor;
  }

  /** Opens the window, unless it is open because it was on the tab's last page. */
  async open(): Promise<this> {
    if ((await this.launcher.getAttribute('aria-expanded')) !== 'true') await this.launcher.click();
    await this.textbox.waitFor();
    return this;
  }

  async close(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.window.waitFor({ state: 'hidden' });
  }

  async says(text: string): Promise<void> {
    await this.textbox.fill(text);
    await this.textbox.press('Enter');
  }

  /** The messages in the log that contain the text. */
  message(text: string | RegExp): Locator {
    return this.log.getByRole('article').filter({ hasText: text });
  }

  /** Waits until a message shows the text. */
  async sees(text: string | RegExp): Promise<Locator> {
    const message = this.message(text);
    await message.waitFor();
    return message;
  }

  /** Waits until the text is in no message any more. */
  async seesNoMore(text: string): Promise<void> {
    await this.message(text).waitFor({ state: 'detached' });
  }

  /** Waits for a sign on a message of the visitor: "Sending…", "Sent", "Seen", "edited". */
  async seesState(message: string, state: string | RegExp): Promise<void> {
    await this.message(message).getByText(state, { exact: true }).first().waitFor({ state: 'attached' });
  }

  /** Chooses from the menu of the message with the text. */
  async chooses(text: string, item: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole('button', { name: 'Message actions' }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Chooses files with the clip: what is made for the test, or what lies at the paths. */
  async attaches(...files: Attachment[] | string[]): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.window.getByRole('button', { name: 'Attach a file' }).click();
    // Fingers are asked where from.
    if (await this.page.evaluate(() => matchMedia('(pointer: coarse)').matches)) await this.window.getByRole('button', { name: 'Files', exact: true }).click();
    await (await chooser).setFiles(files);
  }

  /** What each message of the log says, without the times. */
  async transcript(): Promise<string[]> {
    const texts = await this.log.getByRole('article').allInnerTexts();
    return texts.map((t) => t.replaceAll(/\d?\d:\d\d( [AP]M)?/g, '').replaceAll(/\s+/g, ' ').trim());
  }
}
