/** The page to which mails lead: it opens a conversation in this browser, once a person presses its button. */
import css from './back.css?inline';

interface Settings {
  readonly site: string;
  readonly name: string;
  /** The path of public_url. */
  readonly root: string;
  /** What the chat speaks, which may be another language than that of the words. */
  readonly lang: string;
  readonly dir: string;
  readonly color: string;
  readonly ink: string;
  readonly words: Readonly<Record<'title' | 'text' | 'open' | 'spent' | 'again' | 'chat' | 'trouble' | 'blocked', string>>;
}

const settings = JSON.parse(document.getElementById('settings')?.textContent ?? '{}') as Settings;
const { site, root, words } = settings;
const record = `anteroom.${site}`;
// The link leaves the address before anything else happens: no history, bookmark or screen has it.
const link = location.hash.slice(1);
history.replaceState(null, '', location.pathname + location.search);
// A link that is opened in the same tab changes no more than that.
addEventListener('hashchange', () => location.reload());

/** Where the chat is a page. */
const chat = `${root}/${site}/chat?lang=${settings.lang}`;

function element<T extends keyof HTMLElementTagNameMap>(tag: T, text: string): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** What is said. It stays the same element: screen readers read out what changes in one that was there. */
const said = element('p', '');
said.setAttribute('role', 'status');
said.tabIndex = -1;
const name = element('b', '');
name.append(element('bdi', settings.name));
document.getElementById('back')?.append(name, element('h1', words.title), said);

/** Says something, and what can be done then. */
function show(text: string, action?: HTMLElement): void {
  said.textContent = text;
  // One that stays keeps the focus.
  if (said.nextElementSibling === action) return;
  said.nextElementSibling?.remove();
  if (action) said.after(action);
}

/** The same where the pressed button was: what comes in its place has the focus. */
function end(text: string, action?: HTMLElement): void {
  show(text, action);
  (action ?? said).focus();
}

function toChat(): HTMLElement {
  const made = element('a', words.chat);
  made.href = chat;
  made.className = 'button';
  return made;
}

function kept(): { secret?: string } {
  try {
    return Object(JSON.parse(localStorage.getItem(record) ?? '')) as { secret?: string };
  } catch {
    return {};
  }
}

/** Keeps the session as the chat does. What another visitor had not sent from here, or begun in this tab, is not this one's to say. */
function keep(secret: string, session: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`${record}.out.`)) localStorage.removeItem(key);
    for (const what of ['draft', 'form', 'ask', 'rate', 'files']) sessionStorage.removeItem(`${record}.${what}`);
    localStorage.setItem(record, JSON.stringify({ secret, session, dialog: true, read: 0 }));
  } catch {
    /* A browser that keeps nothing has no chat either; it says so. */
  }
}

/** Made once: an answer that is lost has spent the link, and opens it again for this secret alone. */
const fresh = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function open(button: HTMLButtonElement): Promise<void> {
  if (button.hasAttribute('aria-disabled')) return;
  // Not disabled: that would take the focus away.
  button.setAttribute('aria-disabled', 'true');
  try {
    const { secret } = kept();
    const response = await fetch(`${root}/v1/${site}/return`, {
      method: 'POST',
      body: JSON.stringify({ link, fresh, ...(secret && { secret }) }),
      headers: { 'content-type': 'text/plain' },
      credentials: 'omit',
      cache: 'no-store',
    });
    const answer = (await response.json()) as { secret?: string; session?: string; code?: string };
    if (response.ok) {
      if (answer.secret) keep(answer.secret, answer.session ?? '');
      location.replace(chat);
    } else if (answer.code === 'link_expired') end(words.spent, toChat());
    else if (answer.code === 'blocked') end(words.blocked);
    else throw new Error(answer.code);
  } catch {
    show(words.trouble, button);
    button.removeAttribute('aria-disabled');
  }
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(css.replaceAll('var(--accent)', settings.color).replaceAll('var(--on-accent)', settings.ink));
document.adoptedStyleSheets = [sheet];
document.documentElement.dir = settings.dir;
if (link) {
  const button = element('button', words.open);
  button.className = 'button';
  button.addEventListener('click', () => void open(button));
  show(words.text, button);
} else {
  // A page that is loaded again has the link no more, which may not have been used.
  show(words.again, toChat());
}
