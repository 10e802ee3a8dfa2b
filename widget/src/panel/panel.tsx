import { h, render } from 'preact';
import { Api } from './api';
import { Contacts } from './contacts';
import { provide } from './context';
import { Formats } from './formats';
import type { Host } from './host';
import type { Strings } from './i18n/strings';
import { Live } from './live';
import { readPlace, withoutLink } from './place';
import { Sessions } from './session';
import { adopt } from './sheets';
import { Theme } from './theme';
import { App } from './ui/App';
import { announce } from './ui/announce';
import css from './panel.css?inline';

/** The page's own start: reads the address, meets the client around it, and draws. */
async function start(): Promise<void> {
  const place = readPlace(location.href, window.parent !== window);
  // Before anything is waited for: the secret must not be seen, kept or shared.
  history.replaceState(null, '', withoutLink(location.href));
  const theme = new Theme(place.theme);
  adopt(css);
  const [strings, host] = await Promise.all([words(place.language), place.widget && meet(place.widget)]);
  host?.onTheme((name) => theme.set(name));
  document.documentElement.lang = strings.tag;

  const sessions = new Sessions(place, host);
  const api = new Api(place.base, place.site, sessions);
  const live = new Live(place.base, place.site, sessions);
  const contacts = new Contacts(api, live);
  provide({ place, strings, formats: new Formats(strings.tag), sessions, api, live, contacts, say: announce });
  const root = document.createElement('div');
  document.body.append(root);
  render(<App />, root);
  // A link that is opened where this page is shown already changes its fragment only.
  addEventListener('hashchange', () => {
    const { link, as } = readPlace(location.href, false);
    if (!link) return;
    history.replaceState(null, '', withoutLink(location.href));
    void sessions.begin({ link, as });
  });
  await sessions.begin(place);
}

/** The sentences in the client's language, or else in the browser's. */
async function words(named: string | undefined): Promise<Strings> {
  const wanted = named ? [named] : navigator.languages;
  const first = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === 'ru' || tag === 'en');
  return (first === 'ru' ? await import('./i18n/ru') : await import('./i18n/en')).strings;
}

/** What speaks with the client is loaded only where there is one. */
async function meet(widget: { id: string; origin: string }): Promise<Host> {
  return (await import('./host')).meet(widget);
}

void start();
