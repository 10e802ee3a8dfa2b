import source from 'jquery/dist/jquery.min.js?raw';

/** A page that does to all that is in it what pages do. */
export interface Hostile {
  readonly html: string;
  readonly type?: string;
  /** It zooms what is in it, so sizes are others than on a plain page. */
  readonly zoomed?: true;
}

const head = '<!doctype html><html lang="en"><title>Own</title>';
const body = '<h1>Own</h1><main><p>The page of somebody, with <a href="#there">a link</a>.</p><button type="button">Buy</button><input aria-label="Search"></main>';
const script = (code: string): string => `<script>${code}</script>`;
const style = (css: string): string => `${head}<style>${css}</style>${body}`;
/** The last of its first line, which many pages have still. */
const jquery = source.replaceAll('</script', '<\\/script');
const runs = (code: string): string => `${head}${script(code)}${body}`;

/** Nothing is done to what is in this one: the chat looks here as it should. */
export const plain: Hostile = { html: `${head}${body}` };

const every = ['bg', 'fg', 'muted', 'line', 'soft', 'danger', 'shadow', 'scheme', 'accent', 'on-accent', 'size', 'side', 'low', 'bottom', 'above', 'top', 'height', 'raised', 'star'].map((name) => `--${name}: red !important`).join(';');

/** Style sheets that reach further than they were meant to. */
export const styles: Readonly<Record<string, Hostile>> = {
  'unsets everything': { html: style('* { all: unset !important }') },
  'resets elements by force': {
    html: style(
      '*, *::before, *::after { display: none !important; position: static !important; visibility: hidden !important; font: 0/0 serif !important; pointer-events: none !important; opacity: 0 !important; writing-mode: vertical-rl !important; user-select: none !important; zoom: 2 !important } html, body { all: revert !important }',
    ),
  },
  'has variables of the same names': { html: style(`* { ${every} } anteroom-chat { ${every} }`) },
  'hides what it does not know': { html: style('html > :not(head, body), body > :not(main), :not(:defined) { display: none !important; position: fixed; inset: 0 }') },
  'has something on as high a layer': { html: style('nav { position: fixed; inset: 0 0 auto; height: 60px; z-index: 2147483000; background: #eee }') + '<nav>Menu</nav>' },
  'moves its body': { html: style('body { transform: translateX(10px); filter: grayscale(1); perspective: 1px; will-change: transform; contain: strict; width: 600px; height: 4000px }') },
  'moves its root': { html: style('html { transform: translateZ(0); perspective: 100px; height: 3000px }') },
  'moves its low root': { html: style('html { transform: translateZ(0) }') },
  'contains its low root': { html: style('html { contain: strict; content-visibility: auto; height: 300px }') },
  'contains its root': { html: style('html { contain: layout; filter: grayscale(1); height: 3000px }') },
  'is a grid without height': { html: style('html { display: grid; gap: 40px; height: 100%; grid-template-columns: 100px 100px } body { height: 0; overflow: hidden; margin: 0 }') },
  'counts in small rems': { html: style('html { font-size: 5px; line-height: 5; letter-spacing: 1em; text-transform: uppercase; text-align: justify; word-break: break-all; cursor: none }') },
  zooms: { html: style('html { zoom: 1.25 }'), zoomed: true },
  'runs from right to left': { html: `<!doctype html><html lang="en" dir="rtl"><title>Own</title><style>* { direction: rtl !important; unicode-bidi: bidi-override }</style>${body}` },
  'is in quirks mode': { html: `<html lang="en"><title>Own</title>${body}` },
};

/** Scripts that change what all scripts of the page have. */
export const scripts: Readonly<Record<string, Hostile>> = {
  // Prototype 1.6 and MooTools 1.2 do so, with the same names and arguments.
  'has old libraries in its prototypes': {
    html: runs(`
      Array.prototype.toJSON = function () { return '[' + this.join(',') + ']'; };
      Array.prototype.reduce = function () { return this.length > 1 ? this : this[0]; };
      Function.prototype.bind = function (of, args) { const act = this; return function () { return act.apply(of, args || arguments); }; };
      Array.prototype.entries = Array.prototype.toArray = function () { return this.slice(); };
      Array.prototype.each = function (act) { this.forEach(act); };
      Array.prototype.flatten = Array.prototype.flat = function () { return [].concat.apply([], this); };
      Array.prototype.find = function (act) { let found; for (let i = 0; i < this.length; i++) if (act(this[i], i)) { found = this[i]; break; } return found; };
      Array.from = function (list) { return list ? [].slice.call(list) : []; };
      String.prototype.trim = function () { return this.replace(/^[ ]+|[ ]+$/g, ''); };
      String.prototype.strip = function () { return this.trim(); };
      String.prototype.startsWith = function (said) { return this.lastIndexOf(said, 0) === 0; };
      Date.prototype.toJSON = function () { return '"' + this.getTime() + '"'; };
      Object.prototype.extend = function (more) { for (const name in more) this[name] = more[name]; return this; };
      for (const name of ['show', 'hide', 'toggle', 'update', 'insert', 'observe', 'select', 'replace', 'get', 'set', 'grab', 'inject', 'adopt', 'dispose', 'destroy'])
        Element.prototype[name] = function () { throw new Error(name); };
      window.$ = window.$$ = function () { return []; };`),
  },
  'wraps what browsers have': {
    html: runs(`
      const fetched = window.fetch; window.fetch = function () { return fetched.apply(this, arguments); };
      const Real = window.Promise; window.Promise = class extends Real {};
      const Socket = window.WebSocket; window.WebSocket = function (url, protocols) { return new Socket(url, protocols); }; window.WebSocket.prototype = Socket.prototype;
      const Request = window.XMLHttpRequest; window.XMLHttpRequest = function () { return new Request(); };
      const Observer = window.MutationObserver; window.MutationObserver = window.WebKitMutationObserver = function (act) { return new Observer(act); };
      const add = EventTarget.prototype.addEventListener; EventTarget.prototype.addEventListener = function (type, act, options) { return add.call(this, type, act, options); };
      const { parse, stringify } = JSON; window.JSON = { parse: (said, revive) => parse(said, revive), stringify: (said, replace, space) => stringify(said, replace, space) };
      const later = window.setTimeout; window.setTimeout = (act, ms, ...args) => later(act, ms, ...args);
      for (const type of ['pushState', 'replaceState']) { const act = history[type]; history[type] = function () { return act.apply(this, arguments); }; }`),
  },
  'has an old jQuery that answers every click and key': {
    html: runs(`${jquery}
      jQuery(document).on('click mousedown keydown keypress keyup focusin touchstart wheel', '*', function () { return false; });
      jQuery(function ($) { $('html').on('DOMNodeInserted', '*', $.noop); $('*').addClass('seen').css('transition', 'none'); });
      jQuery.noConflict();`),
  },
  'has a module loader and something like jQuery': { html: runs('window.define = function () { throw new Error("define"); }; window.define.amd = {}; window.module = { exports: {} }; window.exports = {}; window.$ = window.jQuery = function () { return this; }; jQuery.noConflict = function () { delete window.$; return jQuery; }; jQuery.noConflict();') },
  'has no storage': { html: runs(`for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) Object.defineProperty(window, name, { value: undefined });`) },
  'has a storage that throws': { html: runs(`for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } }); Object.defineProperty(document, 'cookie', { get() { throw new DOMException('no', 'SecurityError'); } });`) },
  'has a storage that is full': { html: runs(`Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };`) },
  // As where visitors of the page may write HTML: whoever names the script's host has all of the page.
  'has a picture in the place of its script': { html: `${head}${body}<img alt="" name="currentScript" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">` },
  'has another base': { html: `${head}<base href="https://elsewhere.example/x/">${body}` },
  'has a title with HTML': { html: `<!doctype html><html lang="en"><title>&lt;img src=x onerror=alert(1)&gt; &lt;/title&gt;</title>${body}` },
  'may be written on': { html: runs(`document.designMode = 'on';`) },
};

/** Handlers on the document, which hear of what is done anywhere in the page. */
export const handlers: Readonly<Record<string, Hostile>> = {
  // As pages do which guard their texts and pictures, or scroll in steps of their own.
  'forbids what is done in it': {
    html: runs(`for (const type of ['keydown', 'keypress', 'keyup', 'beforeinput', 'mousedown', 'click', 'selectstart', 'contextmenu', 'copy', 'cut', 'paste', 'wheel', 'touchstart', 'touchmove', 'touchend'])
      document.addEventListener(type, (event) => event.preventDefault(), { passive: false });
      document.onmousedown = document.oncontextmenu = document.onselectstart = () => false;`),
  },
  // Bootstrap 3 to 5 and jQuery UI do so while one of their dialogs is open.
  'keeps the focus in a dialog': {
    html: `${head}${body}<div id="modal" tabindex="-1" role="group">A dialog <button type="button">Yes</button></div>${script(`
      document.addEventListener('focusin', (event) => { if (event.target !== document && !modal.contains(event.target)) modal.focus(); });
      modal.focus();`)}`,
  },
  'has keys of its own': { html: runs(`document.addEventListener('keydown', (event) => { if (!/^(INPUT|TEXTAREA)$/.test(event.target.tagName) && /^[\\w/ ]$/.test(event.key)) { event.preventDefault(); document.querySelector('input').focus(); } });`) },
  'removes what it does not know': {
    html: runs(`new MutationObserver(() => { for (const element of document.querySelectorAll('body > :not(h1, main, script)')) element.remove(); }).observe(document, { childList: true, subtree: true });`),
  },
};

/** A page that is read as XML. */
export const xhtml: Hostile = {
  html: `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>Own</title></head><body>${body.replace('<input aria-label="Search">', '<input aria-label="Search"/>')}</body></html>`,
  type: 'application/xhtml+xml',
};
