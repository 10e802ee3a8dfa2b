import type { Host } from '../../loader/host';
import type { Session } from '../session';
import type { State } from '../state';
import { near } from '../attention/near';
import { shown } from '../timeline';
import type { Entry } from '../entry';
import css from './preview.css?inline';

/** Characters; there is room for no more in its three lines. */
const longest = 240;

const watched = new WeakSet<Session>();

/** From now on, shows beside the launcher what was said while the window was closed. */
export function preview(host: Host, session: Session): void {
  if (watched.has(session)) return;
  watched.add(session);
  const card = new Card(host);
  const look = (): void => card.show(session.state);
  session.subscribe(look);
  // What another tab has hidden.
  addEventListener('storage', look, session.life);
  // The launcher knows whether the window is open.
  const changes = new MutationObserver(look);
  changes.observe(host.launcher, { attributeFilter: ['aria-expanded'] });
  session.life.signal.addEventListener('abort', () => {
    changes.disconnect();
    card.remove();
  });
  look();
}

/** What is said last, with a way into the window and one to hide it. */
class Card {
  readonly #host: Host;
  /** Here before what is said, so that a screen reader reads out what comes into it. */
  readonly #element = document.createElement('div');
  readonly #sheet = new CSSStyleSheet();
  /** What is in it. */
  #text = '';
  /** What this page has hidden, should the browser forbid its storage. */
  #hidden = '';

  constructor(host: Host) {
    this.#host = host;
    this.#sheet.replaceSync(css);
    host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, this.#sheet];
    this.#element.className = 'preview';
    this.#element.setAttribute('role', 'status');
    this.#element.onkeydown = ({ key }) => {
      if (key === 'Escape') this.#element.querySelector<HTMLElement>('.hide')?.click();
    };
    host.launcher.before(this.#element);
  }

  remove(): void {
    const { root } = this.#host;
    this.#element.remove();
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }

  show(state: State): void {
    const entry = newestUnread(state);
    const isOpen = this.#host.launcher.getAttribute('aria-expanded') === 'true';
    const text = entry && (shown(state.timeline, entry).said.text || entry.file?.name);
    if (!text || isOpen || this.#isHidden(entry)) {
      this.#put('');
      return;
    }
    const say = near(this.#host);
    const { party, name } = entry.author;
    const author = document.createElement('b');
    author.textContent = name ?? (party === 'bot' ? say.bot : say.operator);
    const said = document.createElement('span');
    said.textContent = text.slice(0, longest);
    said.dir = 'auto';
    const open = document.createElement('button');
    open.append(author, said);
    open.onclick = () => void this.#host.show(true);
    const hide = document.createElement('button');
    hide.className = 'hide';
    hide.setAttribute('aria-label', say.hide);
    hide.textContent = '×';
    hide.onclick = () => this.#hide(entry);
    this.#put(entry.id + text, open, hide);
  }

  /** Changes only what is another: it would be read out again. The focus in it goes to the same button of what comes, or to the launcher. */
  #put(text: string, ...content: HTMLElement[]): void {
    if (text === this.#text) return;
    this.#text = text;
    const { activeElement } = this.#host.root;
    const focus = [...this.#element.children].findIndex((e) => e === activeElement);
    this.#element.replaceChildren(...content);
    if (focus >= 0) (content[focus] ?? this.#host.launcher).focus();
  }

  #hide({ id }: Entry): void {
    this.#hidden = id;
    try {
      localStorage.setItem(this.#key, id);
    } catch {
      /* It stays hidden on this page. */
    }
    this.#put('');
    // Also where a press gave the button none.
    this.#host.launcher.focus();
  }

  #isHidden({ id }: Entry): boolean {
    try {
      return id === this.#hidden || id === localStorage.getItem(this.#key);
    } catch {
      return false;
    }
  }

  get #key(): string {
    return `anteroom.${this.#host.settings.site}.hidden`;
  }
}

/** What was said last, and is not read. */
export function newestUnread({ timeline, read }: State): Entry | undefined {
  return timeline.messages.findLast(({ seq, id, author }) => seq > read && author.party !== 'visitor' && !timeline.removed.has(id));
}
