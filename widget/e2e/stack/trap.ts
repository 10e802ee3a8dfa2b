import type { BrowserContext, Page } from 'playwright-core';
import type { Facts } from './start';

/** The host that vectors name; nobody has any business there. */
export const host = 'xss.test';

/**
 * Stands in all pages of a profile and notes what vectors of bridge/bridgetest/xss
 * would do: run (they call xss), ask (whatever goes elsewhere than it may), open
 * windows, or only be stopped by a page's policy.
 */
export class Trap {
  readonly sprung: string[] = [];
  readonly #origins: readonly string[];

  private constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /** Pages may ask the bridge, the shop's origin, and what else is named. */
  static async set(context: BrowserContext, { public_url: bridge, visitor_url: shop }: Facts, ...more: string[]): Promise<Trap> {
    const trap = new Trap([...[bridge, shop].map((url) => new URL(url).origin), ...more]);
    const note = (what: string): void => void trap.sprung.push(what);
    await context.exposeFunction('sprung', note);
    await context.addInitScript(arm);
    await context.route((url) => url.hostname.endsWith(host), (route) => route.abort());
    context.on('request', (request) => {
      const url = request.url();
      if (!trap.#may(url)) note(`a request: ${request.resourceType()} ${url}`);
    });
    context.on('dialog', (dialog) => {
      note(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return trap;
  }

  /** What is in the page that no vector may bring there, once what was put in before has had its time. */
  async looks(page: Page): Promise<string[]> {
    await page.evaluate(control);
    return page.evaluate(harm, this.#origins);
  }

  #may(url: string): boolean {
    return this.#origins.some((origin) => url === origin || url.startsWith(`${origin}/`) || url.startsWith(`blob:${origin}/`)) || url.startsWith(this.#sockets);
  }

  get #sockets(): string {
    return `${(this.#origins[0] as string).replace('http', 'ws')}/`;
  }
}

/** Runs in each page and frame before all else. */
function arm(): void {
  const say = (window as unknown as { sprung: (what: string) => Promise<void> }).sprung;
  const run = (): void => void say(`a script: ${String(new Error('ran').stack)}`);
  for (const name of ['xss', 'XSS']) Object.defineProperty(window, name, { value: run });
  window.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => void say(`the policy alone stopped ${violatedDirective} ${blockedURI} ${sample}`), true);
}

/** Resolves once a picture that was put in just now has failed: what was put in before has had its time. */
function control(): Promise<void> {
  return new Promise((done) => {
    const picture = new Image();
    picture.onerror = () => requestAnimationFrame(() => setTimeout(done));
    picture.src = ''; // which fails without a request
  });
}

/** Elements, attributes and addresses that only a vector brings. */
function harm(origins: readonly string[]): string[] {
  const found = Object.keys(Object.prototype).map((name) => `Object.prototype.${name}`);
  const never = /^(script|style|link|meta|base|iframe|frame|frameset|object|embed|applet|portal|fencedframe|template|noscript|noembed|noframes|plaintext|xmp|math|foreignobject|use|animate\w*|set|image|marquee|xss.*|title|body|html)$/i;
  const leads = /^(href|xlink:href|src|srcset|action|formaction|data|poster|background|ping|cite|manifest|codebase|longdesc|lowsrc)$/i;
  const walk = (root: ParentNode): void => {
    for (const element of root.querySelectorAll('*')) {
      const own = root === document.body && element.matches('body > script[src], body > noscript, iframe[src*="/preview/page?"]');
      if (element.shadowRoot) walk(element.shadowRoot);
      if (!own && never.test(element.tagName)) found.push(element.outerHTML.slice(0, 200));
      for (const { name, value } of element.attributes) {
        if (/^on|^srcdoc$|^is$/.test(name)) found.push(`${element.tagName} ${name}=${value}`);
        if (name === 'style' && /url|image|expression|import/i.test(value)) found.push(`${element.tagName} ${name}=${value}`);
        if (!leads.test(name)) continue;
        const url = new URL(value, document.baseURI);
        const may = element.tagName === 'A' ? /^(https?|mailto|tel|blob):$/.test(url.protocol) : origins.includes(url.origin);
        if (!may) found.push(`${element.tagName} ${name}=${value}`);
      }
    }
  };
  walk(document.body);
  return found;
}
