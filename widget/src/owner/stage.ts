import type { Language, Settings } from '../loader/host';
import { choice, el, labelled } from './dom';
import pageCSS from './page.css?inline';
import type { Moment, Moments } from './settings';
import type { Words } from './words';

/** What the frames' loader reads, see bridge/gateway/loader.go; and what it makes there. */
type Shared = Window & { anteroomPreview?: Settings; Anteroom?: { open(): unknown; close(): unknown } };

/** A page of the site with the widget in it, as a visitor has it: on a computer or a phone, light or dark. */
export class Stage {
  readonly element: HTMLElement;
  readonly #say: Words;
  readonly #src: string;
  readonly #screen = el('div', { class: 'screen desktop' });
  readonly #toggle: HTMLButtonElement;
  #frame: HTMLIFrameElement | undefined;
  #settings: Settings | undefined;
  #theme: 'light' | 'dark' = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  #language: Language;
  #open = false;
  /** Which moment is looked at; those that the settings have nothing for are not offered. */
  #moment: Moment = 'now';
  #moments: Moments = {};
  readonly #choice = el('select', { change: () => this.#look(this.#choice.value as Moment) });

  constructor(src: string, say: Words, language: Language, spoken: Readonly<Record<Language, string>>) {
    this.#src = src;
    this.#say = say;
    this.#language = language;
    this.#toggle = el('button', { type: 'button', class: 'btn', click: () => this.#turn(!this.#open) }, say.open);
    this.element = el(
      'section',
      { class: 'stage', 'aria-label': say.view },
      el(
        'div',
        { class: 'views' },
        choice(say.device, say.views, 'desktop', (view) => {
          this.#screen.className = `screen ${view}`;
        }),
        choice(say.view, { light: say.light, dark: say.dark }, this.#theme, (theme) => {
          this.#theme = theme;
          this.#draw();
        }),
        choice(say.page, spoken, language, (l) => {
          this.#language = l;
          this.#draw();
        }),
        labelled(say.moment, this.#choice),
        this.#toggle,
      ),
      this.#screen,
    );
  }

  /** Shows the widget with these settings, and what they have for the moments of a talk. */
  show(settings: Settings, moments: Moments): void {
    this.#settings = settings;
    this.#moments = moments;
    if (!moments[this.#moment]) this.#moment = 'now';
    const offered = (Object.keys(this.#say.moments) as Moment[]).filter((m) => m === 'now' || moments[m]);
    this.#choice.replaceChildren(...offered.map((m) => el('option', { value: m, selected: m === this.#moment }, this.#say.moments[m])));
    this.#draw();
  }

  /** The window opens with it: there is nothing to see of it elsewhere. */
  #look(moment: Moment): void {
    this.#moment = moment;
    this.#open ||= moment !== 'now';
    this.#draw();
  }

  /** Another page takes the place of the one before as soon as it is there, so that nothing flickers. */
  #draw(): void {
    if (!this.#settings) return;
    const { theme = 'auto', words, fallback } = this.#settings;
    const spoken = words[this.#language];
    // A chat that asks for consent has no words where it has no text for that: its page has those of the fall-back.
    const only = spoken ? { words: { [this.#language]: spoken }, fallback: this.#language } : { words, fallback };
    const beside = this.#moments[this.#moment]?.[this.#language] ?? this.#moments[this.#moment]?.[fallback];
    (window as Shared).anteroomPreview = { ...this.#settings, ...only, beside, theme: theme === 'auto' ? this.#theme : theme };
    const next = el('iframe', { title: this.#say.frame, src: `${this.#src}?lang=${this.#language}`, class: 'coming' });
    next.addEventListener('load', () => this.#arrived(next));
    for (const late of this.#screen.querySelectorAll('.coming')) late.remove();
    this.#screen.append(next);
  }

  #arrived(next: HTMLIFrameElement): void {
    const { contentWindow: page, contentDocument: document } = next;
    if (!page || !document || !next.isConnected) return;
    dress(next, this.#theme, this.#say.frame);
    this.#frame?.remove();
    this.#frame = next;
    next.classList.remove('coming');
    const launcher = document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('.launcher');
    if (!launcher) return;
    const look = (): void => {
      this.#open = launcher.getAttribute('aria-expanded') === 'true';
      this.#toggle.textContent = this.#open ? this.#say.close : this.#say.open;
    };
    if (this.#open) void (page as Shared).Anteroom?.open();
    new MutationObserver(look).observe(launcher, { attributeFilter: ['aria-expanded'] });
    look();
  }

  #turn(open: boolean): void {
    const chat = (this.#frame?.contentWindow as Shared | undefined)?.Anteroom;
    if (open) void chat?.open();
    else void chat?.close();
  }
}

/** Makes the page in the frame look like one: its text is only shown as grey lines. */
function dress(frame: HTMLIFrameElement, theme: string, title: string): void {
  const { contentDocument: page, contentWindow } = frame;
  const main = page?.querySelector('main');
  const Sheet = (contentWindow as (Window & { CSSStyleSheet: typeof CSSStyleSheet }) | null)?.CSSStyleSheet;
  if (!page || !main || !Sheet) return;
  const sheet = new Sheet();
  sheet.replaceSync(pageCSS);
  page.adoptedStyleSheets = [sheet];
  page.documentElement.className = theme;
  const box = (name: string): HTMLElement => {
    const made = page.createElement('div');
    made.className = name;
    made.setAttribute('aria-hidden', 'true');
    return made;
  };
  const heading = page.createElement('h1');
  heading.textContent = title;
  heading.className = 'sr';
  main.append(heading, box('bar'), box('hero'), ...['line', 'line', 'line short', 'cards'].map(box));
  main.querySelector('.cards')?.append(...['card', 'card', 'card'].map(box));
}
