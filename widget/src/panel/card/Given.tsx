import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useNow, usePanel } from '../context';
import type { Contact } from '../forms';
import { Fold } from '../ui/Fold';
import { Fact } from './Section';

/** So much of a text's hash tells it from others; the export has the text. */
const shownHash = 12;

/** What the visitor filled in, rated, agreed to, and wants of mails. */
export function Given({ contact: { dialog: { rating }, mails, consents, forms } }: { readonly contact: Contact }): VNode {
  const { formats, strings: { card: words } } = usePanel();
  const now = useNow(60_000);
  const own: Readonly<Record<string, string>> = { name: words.name, email: words.email, phone: words.phone };
  return (
    <Fragment>
      {forms?.map(({ form, at, answers }) => (
        <Fact key={form} name={words.forms[form]}>
          <span class="muted">{formats.full(at)}</span>
          {answers.map(({ name, label, value }) => <Fold key={name} text={`${label || (own[name] ?? name)}: ${value}`} />)}
        </Fact>
      ))}
      {rating?.word && <Fact name={words.rating(rating.score, rating.of)}><Fold text={rating.word} /></Fact>}
      {mails && (mails.state || mails.last_at) && (
        <Fact name={words.mails}>
          <bdi>{mails.to}</bdi> {words.mailing[mails.state]}
          {mails.last_at && <span class="muted"> {formats.short(mails.last_at, now)} {words.mailed[mails.last_state ?? 'done']}</span>}
        </Fact>
      )}
      {consents?.map(({ hash, at, current }) => (
        <Fact key={hash} name={words.consent}>
          {formats.full(at)} <span class="muted">{hash.slice(0, shownHash)}{!current && ` · ${words.olderText}`}</span>
        </Fact>
      ))}
    </Fragment>
  );
}
