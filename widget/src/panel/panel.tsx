import { h, render } from 'preact';
import { Api } from './api';
import { Contacts } from './contacts';
import { provide } from './context';
import { Formats, variantOf } from './formats';
import { meet } from './host';
import type { Strings } from './i18n/strings';
import { Live } from './live';
import { readPlace, withoutLink } from './place';
import { go } from './route';
import { Sessions } from './session';
import { adopt } from './sheets';
import { Theme } from './theme';
import { App } from './ui/App';
import { announce } from './ui/announce';
import css from './panel.css?inline';

/** The tab's sign: a door that stands open. */
const sign = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#0b6e5f"/><path d="M5 13V3h6v10M9 8h.1" fill="none" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>';

/** The page's own start: reads the address, meets the client around it, and draws. */
async function start(): Promise<void> {
  const place = readPlace(location.href, window.parent !== window);
  // Before anything is waited for: the secret must not be seen, kept or shared.
  history.replaceState(history.state, '', withoutLink(location.href));
  document.head.append(Object.assign(document.createElement('link'), { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(sign)}` }));
  const theme = new Theme(place.theme);
  // The client speaks as soon as the page has loaded, and only once: it must be listened to by then.
  const host = place.widget && meet(place.widget, (name) => theme.set(name));
  adopt(css);
  const strings = await words(place.language);
  document.documentElement.lang = strings.tag;

  const sessions = new Sessions(place, host);
  const api = new Api(place.base, place.site, sessions);
  const live = new Live(place.base, place.site, sessions);
  const contacts = new Contacts(api, live);
  provide({ place, strings, formats: new Formats(variantOf(strings.tag, navigator.languages)), sessions, api, live, contacts, say: announce });
  const root = document.querySelector('#panel');
  if (root) render(<App />, root);
  // A link that is opened where this page is shown already changes its fragment only.
  addEventListener('hashchange', () => {
    const { link, as, contact } = readPlace(location.href, false);
    if (!link) return;
    history.replaceState(null, '', withoutLink(location.href));
    if (contact) go({ contact });
    void sessions.begin(link, as);
  });
  await sessions.begin(place.link, place.as);
}

/** The sentences in the client's language, or else in the browser's. */
async function words(named: string | undefined): Promise<Strings> {
  const wanted = named ? [named] : navigator.languages;
  const first = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === 'ru' || tag === 'en');
  return (first === 'ru' ? await import('./i18n/ru') : await import('./i18n/en')).strings;
}

void start();
