import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { sentence, useNow, usePanel } from '../context';
import type { Contact, Related, Visit } from '../forms';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { go } from '../route';
import { Link } from '../ui/Link';
import { Given } from './Given';
import { Fact, Section } from './Section';

/** Where the visitor is now and came from. */
export function Facts({ contact }: { readonly contact: Contact }): VNode {
  const { formats, strings: { card: words } } = usePanel();
  const now = useNow(15_000);
  const trail = useTrail(contact);
  const here = trail.visits?.[0];
  const since = here && here.url === contact.page.url && contact.online ? here.at : undefined;
  const { first_page: first, time_zone: zone } = contact;
  const { referrer } = contact.page;
  const place = contact.place || (contact.country_code && formats.name('region', contact.country_code));
  return (
    <Section title={words.visitor}>
      <dl>
        {contact.page.url && (
          <Fact name={contact.online ? words.page : words.lastPage}>
            <Link url={contact.page.url} title={contact.page.title} />
            {since && <span class="muted"> {words.onPage(formats.span(now - Date.parse(since)))}</span>}
          </Fact>
        )}
        {place && (
          <Fact name={words.place}>
            <bdi>{place}</bdi>
            {zone && <span class="muted"> {clock(zone, now, formats.tag)}</span>}
          </Fact>
        )}
        {contact.browser && <Fact name={words.device}><bdi>{contact.browser}</bdi></Fact>}
        {contact.language && <Fact name={words.language}><bdi>{formats.name('language', contact.language)}</bdi></Fact>}
        {referrer && <Fact name={words.referrer}><Link url={referrer} /></Fact>}
        {contact.campaign && <Fact name={words.campaign}><bdi>{contact.campaign}</bdi></Fact>}
        {first && first !== contact.page.url && <Fact name={words.firstPage}><Link url={first} /></Fact>}
        <Fact name={words.firstSeen}>
          <span>{formats.full(contact.created_at)}</span>
          {contact.visits ? <span class="muted"> · {words.visited(contact.visits)}</span> : null}
        </Fact>
        {contact.subject && <Fact name={words.userID}><bdi>{contact.subject}</bdi></Fact>}
        <Given contact={contact} />
        <Dialogs name={words.earlier} dialogs={contact.before} />
        <Dialogs name={words.later} dialogs={contact.after} />
      </dl>
      {contact.unsubscribed && <p class="muted">{words.unsubscribed}</p>}
      {contact.address_blocked && <p class="muted">{words.addressBlocked}</p>}
      <Trail {...trail} />
    </Section>
  );
}

/** Other dialogs of the same person. */
function Dialogs({ name, dialogs }: { readonly name: string; readonly dialogs: readonly Related[] | undefined }): VNode | null {
  if (!dialogs?.length) return null;
  return (
    <Fact name={name}>
      <ul class="others">
        {dialogs.map((other) => (
          <li key={other.id}>
            <button type="button" class="as-link" onClick={() => go({ contact: other.id })}><bdi>{other.name}</bdi> #{other.number}</button>
          </li>
        ))}
      </ul>
    </Fact>
  );
}

interface Pages {
  /** The newest first. */
  readonly visits: readonly Visit[] | undefined;
  readonly problem: ApiProblem | undefined;
}

/** The pages that the visitor has been on; asked for again when they go to another. */
function useTrail({ id, page }: Contact): Pages {
  const { api } = usePanel();
  const [pages, set] = useState<Pages>({ visits: undefined, problem: undefined });
  useEffect(() => {
    const end = new AbortController();
    api.pages(id, end.signal).then(
      ({ items }) => set({ visits: items.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)), problem: undefined }),
      (error: unknown) => !end.signal.aborted && set({ visits: undefined, problem: problemOf(error) }),
    );
    return () => end.abort();
  }, [api, id, page.url]);
  return pages;
}

function Trail({ visits, problem }: Pages): VNode {
  const { formats, strings } = usePanel();
  const now = useNow(60_000);
  return (
    <details class="fold">
      <summary>{strings.card.trail}{visits ? ` (${visits.length})` : ''}</summary>
      {problem && <p class="wrong" dir="auto">{sentence(strings, problem)}</p>}
      {visits?.length === 0 && <p class="muted">{strings.card.trailEmpty}</p>}
      {visits && visits.length > 0 && (
        <ol class="trail">
          {visits.map((visit) => (
            <li key={visit.at + visit.url}>
              <time dateTime={visit.at} title={formats.full(visit.at)}>{formats.short(visit.at, now)}</time>
              <Link url={visit.url} title={visit.title} />
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

/** What time it is where the visitor is; nothing for a zone that the browser does not know. */
function clock(zone: string, now: number, language: string): VNode {
  try {
    return <Fragment>{new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(now)}</Fragment>;
  } catch {
    return <bdi>{zone}</bdi>;
  }
}
