import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, eventually, expect, test } from './stack/fixtures';
import type { Operator } from './stack/operator';
import { serve } from './stack/own';
import { handlers, plain, scripts, styles, xhtml } from './stack/pages';
import type { Hostile } from './stack/pages';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** What a page could notice of its own; what it needs is taken before the page can change it. */
function watchPage(): void {
  const { getOwnPropertyNames, getOwnPropertyDescriptor } = Object;
  const known = new Map<unknown, number>();
  /** The same number for the same thing, at each look. */
  const number = (thing: unknown): number => {
    if (!known.has(thing)) known.set(thing, known.size);
    return known.get(thing) as number;
  };
  const look = (): object => {
    const names = ['Array', 'Object', 'String', 'Function', 'Promise', 'Map', 'Set', 'Element', 'HTMLElement', 'Node', 'EventTarget', 'Event', 'History', 'Document', 'Storage', 'JSON', 'navigator', 'history', 'console', 'customElements', 'window'];
    const built: Record<string, string> = {};
    for (const name of names) {
      const thing = (window as unknown as Record<string, object & { prototype?: object }>)[name];
      for (const [what, of] of Object.entries({ own: thing, proto: thing?.prototype })) {
        if (!of) continue;
        const properties = getOwnPropertyNames(of).filter((property) => !/^(Anteroom|__|\d+$)/.test(property)).map((property) => {
          const { value, get } = getOwnPropertyDescriptor(of, property) as { value?: unknown; get?: unknown };
          return `${property} ${number(value ?? get)}`;
        });
        built[`${name} ${what}`] = properties.join();
      }
    }
    return {
      built,
      body: document.body.innerHTML,
      attributes: [document.documentElement, document.body].map((e) => e.outerHTML.split('>')[0]).join(),
      sizes: [document.documentElement.scrollWidth, document.documentElement.scrollHeight, document.body.getBoundingClientRect().height, scrollY].join(),
      styles: [document.body, ...document.body.querySelectorAll('h1, p, button, input')].map((element) => {
        const style = getComputedStyle(element);
        let all = '';
        for (let i = 0; i < style.length; i++) all += `${style[i]}:${style.getPropertyValue(style[i] as string)};`;
        return all;
      }),
      sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
      title: document.title,
    };
  };
  Object.defineProperty(window, '__look', { value: look });
}

/** How the parts of the chat look: each computed style, and each box. */
function parts(): Record<string, string> {
  const root = document.querySelector('anteroom-chat')?.shadowRoot;
  const all: Record<string, string> = {};
  for (const part of ['.launcher', '.launcher svg', '.window', 'header', 'header h2', '.composer', '.composer textarea', '.send', '.log', '.them .bubble', '.them .text']) {
    const element = root?.querySelector(part);
    if (!element) {
      all[part] = 'missing';
      continue;
    }
    // The bubble is as wide as the time that stands in it.
    const isBubble = part.endsWith('.bubble');
    const { x, y, width, height } = element.getBoundingClientRect();
    if (!isBubble) all[`${part} box`] = [x, y, width, height].map((n) => Math.round(n * 10) / 10).join();
    const style = getComputedStyle(element);
    for (let i = 0; i < style.length; i++) {
      const name = style[i] as string;
      // Of variables only what comes of them counts.
      if (name.startsWith('--') || (isBubble && /width|height|-size|origin|^(top|right|bottom|left|inset)/.test(name))) continue;
      all[`${part} ${name}`] = style.getPropertyValue(name);
    }
  }
  return all;
}

/** What differs between two looks, each with what it should be. */
function differences(should: Record<string, string>, is: Record<string, string>): string[] {
  return Object.keys({ ...should, ...is }).filter((name) => should[name] !== is[name]).map((name) => `${name}: ${is[name]}, not ${should[name]}`);
}

type Box = { x: number; y: number; width: number; height: number };

const answer = 'It does not matter.';
let count = 0;

/** Opens the page, and puts the chat's tag into it when it was looked at. */
async function begin(context: BrowserContext, facts: Facts, hostile: Hostile): Promise<Visitor> {
  await context.addInitScript(watchPage);
  const visitor = new Visitor(await context.newPage());
  await visitor.page.goto(await serve(context, facts, hostile));
  await visitor.page.evaluate('window.__before = __look()');
  await addTag(visitor.page, facts);
  await visitor.launcher.waitFor();
  return visitor;
}

async function addTag(page: Page, { public_url: bridge, site }: Facts): Promise<void> {
  await page.evaluate((src) => {
    const added = document.createElement('script');
    added.src = src;
    document.documentElement.append(added);
  }, `${bridge}/widget/${site}.js`);
}

/** The visitor writes with mouse and keys, and is answered. */
async function talks({ page, launcher, textbox, log, window }: Visitor, operator: Operator): Promise<void> {
  if ((await launcher.getAttribute('aria-expanded')) !== 'true') await launcher.click();
  await textbox.waitFor();
  await window.getByRole('heading').first().click();
  await textbox.click();
  const text = `Page s/${++count}`;
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  const dialog = await operator.dialog(text);
  await dialog.says(answer);
  await log.getByRole('article').filter({ hasText: answer }).waitFor();
}

/** What the page is like now, and what it was like before the chat came. */
async function isAsBefore({ page }: Visitor): Promise<void> {
  expect(await page.evaluate('__look()')).toEqual(await page.evaluate('__before'));
}

describe('A page that', () => {
  /** How the chat looks on a plain page. */
  let should: Record<string, string> = {};

  async function holds(context: BrowserContext, operator: Operator, facts: Facts, hostile: Hostile): Promise<void> {
    const lines: string[] = [];
    context.on('console', (message) => lines.push(message.text()));
    const visitor = await begin(context, facts, hostile);
    await talks(visitor, operator);
    const looks = await visitor.page.evaluate(parts);
    if (hostile === plain) should = looks;
    else if (!hostile.zoomed) expect(differences(should, looks)).toEqual([]);
    const { x, y, width, height } = (await visitor.window.boundingBox()) as Box;
    const { width: wide, height: high } = visitor.page.viewportSize() as Box;
    expect([x > 0, y > 0, x + width < wide, y + height < high]).toEqual([true, true, true, true]);
    await visitor.page.evaluate('Anteroom.close()');
    await visitor.window.waitFor({ state: 'hidden' });
    await isAsBefore(visitor);
    // With everything gone, too.
    await visitor.page.evaluate('Anteroom.destroy()');
    await visitor.launcher.waitFor({ state: 'detached' });
    await isAsBefore(visitor);
    expect(lines.filter((line) => !/favicon/.test(line))).toEqual([]);
  }

  test.for(Object.entries({ 'does nothing': plain, ...styles, ...scripts, ...handlers, 'is XHTML': xhtml }))('%s has a chat all the same, and is as it was', async ([, hostile], { profiles, operator, facts }) => {
    await holds(await profiles.fresh(), operator, facts, hostile);
  });

  test('forbids what is done in it has no say in the chat, and only hears of pointers there', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const visitor = await begin(context, facts, handlers['forbids what is done in it'] as Hostile);
    const { page, textbox, window, messages } = visitor;
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      for (const type of ['pointerdown', 'drop', 'dragover', 'dragenter', 'dragleave', 'click', 'focusin']) document.addEventListener(type, () => heard.push(type));
    });
    await talks(visitor, operator);

    // By the keys for it, which come to nothing where either event is prevented.
    await textbox.fill('twice ');
    for (const keys of ['Control+a', 'Control+c', 'End', 'Control+v']) await page.keyboard.press(keys);
    expect(await textbox.inputValue()).toBe('twice twice ');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+x');
    expect(await textbox.inputValue()).toBe('');

    // The words of a message are selected by a mouse, and a menu opens over them.
    const said = window.getByText(answer);
    await said.click({ clickCount: 3 });
    const selected = (): Promise<string> => said.evaluate((element) => String((element.getRootNode() as unknown as Document).getSelection()));
    expect(await selected()).toContain(answer);
    const menu = said.evaluate((element) => new Promise((done) => element.addEventListener('contextmenu', (event) => setTimeout(() => done(!event.defaultPrevented)))));
    await said.click({ button: 'right' });
    expect(await menu).toBe(true);
    await page.keyboard.press('Escape');

    // A wheel turns the messages.
    await visitor.open();
    await visitor.says('line\n'.repeat(60));
    const top = (): Promise<number> => messages.evaluate((log) => log.scrollTop);
    await eventually(async () => (await top()) > 200, 'a log that can be scrolled', true);
    const end = await top();
    await messages.hover();
    await page.mouse.wheel(0, -200);
    await eventually(async () => (await top()) < end, 'a log that was scrolled', true);

    // What is dropped is the chat's alone.
    const file = join(tmpdir(), 'dropped into the chat.txt');
    await writeFile(file, 'dropped');
    const devtools = await context.newCDPSession(page);
    const { x, y } = (await messages.boundingBox()) as { x: number; y: number };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await devtools.send('Input.dispatchDragEvent', { type, x: x + 50, y: y + 50, data: { items: [], files: [file], dragOperationsMask: 1 } });
    await visitor.sees('dropped into the chat.txt');

    expect(await page.evaluate(() => [...new Set((globalThis as unknown as { heard: string[] }).heard)])).toEqual(['pointerdown']);

    // Where the button is, the page hears of it, which may keep a file from taking its place.
    const button = (await visitor.launcher.boundingBox()) as { x: number; y: number };
    for (const type of ['dragEnter', 'dragOver'] as const) await devtools.send('Input.dispatchDragEvent', { type, x: button.x + 9, y: button.y + 9, data: { items: [], files: [file], dragOperationsMask: 1 } });
    await eventually(() => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard.includes('dragover')), 'the page hears of a file over the button', true);
    await devtools.send('Input.dispatchDragEvent', { type: 'dragCancel', x: button.x + 9, y: button.y + 9, data: { items: [], files: [file], dragOperationsMask: 1 } });
  });
});
