import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { sayAgain } from '../extras/again';
import { useComeback } from '../extras/comeback';
import { intoField } from '../extras/field';
import { goWrite } from '../extras/stay';
import { ofTab } from '../storage';
import { sentence, useChat } from '../ui/context';
import { Channels } from './Channels';
import { checked } from './check';
import { Form, leftOver } from './Form';
import type { WroteIn } from './Form';
import { leftWord, Rate } from './Rate';

/**
 * What the site asks beside the talk, above the composer. A form stands in the
 * composer's place until it is filled in; what was filled in is hidden at once,
 * and comes back if the bridge does not take it.
 */
export function Flow({ rare }: { readonly rare: Rare }): VNode | null {
  const { session, host, notify } = useChat();
  const { timeline, outbox, flow, connection, refused } = session.state;
  const { site, beside } = host.settings;
  const [over, setOver] = useState(false);
  const told = checked(beside ? (over ? {} : beside.flow) : flow);
  /** What a press does in the preview. */
  const instead = beside && ((): void => setOver(true));
  const wroteIn = useRef<WroteIn | undefined>();
  const waits = !!told.form;
  const asked = told.form?.id;
  // Until the bridge has said what stands beside the talk, nothing that was begun on the tab's last page is over.
  const isTold = !!beside || connection.phase === 'online';
  // Before the next form takes its place.
  useLayoutEffect(() => {
    if (!isTold) return;
    const words = leftOver(site, asked);
    // The office has opened in the middle of a sentence, or another tab has filled it in.
    if (words !== wroteIn.current?.text) intoField(host.root, words);
  }, [asked, isTold, site, host]);
  useEffect(() => {
    // The bridge has what was filled in: the tab is not to keep it.
    if (waits || !isTold) return undefined;
    ofTab(site, 'form', '');
    // What was written before the form came goes now: by the tab that is looked at, or several would put it out of order.
    const again = (): void => {
      if (!document.hidden) sayAgain(session, ({ failed }) => failed === 'form_needed');
    };
    again();
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  }, [waits, isTold, site, session]);
  const comeback = useComeback();
  const closing = told.rate?.closing;
  useLayoutEffect(() => {
    // The talk went on: nothing is to be rated, and a word to that is one to whoever answers.
    if (isTold) intoField(host.root, leftWord(site, closing));
  }, [closing, isTold, site, host]);
  useEffect(() => {
    const untaken = outbox.find(({ frame, failed }) => frame.t === 'rate' && failed);
    // All tabs have it: it is a matter of the one that is looked at.
    if (untaken?.frame.t !== 'rate' || document.hidden) return;
    // Mostly the dialog was open again before the rating came there.
    if (untaken.failed !== 'unknown_target') notify(sentence(rare, untaken.failed));
    intoField(host.root, untaken.frame.text ?? '');
    session.discard(untaken.frame.cid);
  });
  const going = (t: string): boolean => outbox.some((o) => o.frame.t === t && !o.failed && !o.acked);
  const wrote = timeline.messages.some((e) => e.author.party === 'visitor') || going('message');
  const filled = outbox.find(({ frame, failed, acked }) => frame.t === 'form' && !failed && !acked)?.frame;
  // The bridge has it before it says what stands beside the talk since: until then it is not asked again.
  const hidden = useRef<{ readonly id: string; readonly flow: object | undefined } | undefined>();
  if (filled?.t === 'form') hidden.current = { id: filled.id, flow };
  // Too large, it has never gone; what the bridge refuses the session drops, and says why.
  else if (refused ?? outbox.find(({ frame, failed }) => frame.t === 'form' && failed)) hidden.current = undefined;
  const form = filled || (hidden.current?.flow === flow && hidden.current?.id === told.form?.id) ? undefined : told.form;
  const wanted = outbox.some(({ frame, failed }) => frame.t === 'message' && frame.person && !failed);
  const rate = going('message') ? undefined : told.rate;
  const person = told.person && !wanted && !form;
  const called = told.called && !form;
  const channels = !wrote && told.channels.length > 0;
  const privacy = !wrote && !!host.settings.privacy && !form;
  const isStopped = connection.phase === 'stopped';
  // Where a form may come first, the message field was out of sight until now, or until the messages came: whoever opened the window has the focus on it.
  useEffect(() => {
    if (!form && host.root.activeElement?.matches('.window')) goWrite(host.root);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once, when it is known what is asked
  }, []);
  if (isStopped) return null;
  // Also where nothing stands in it: the message field is shown once it is there.
  const words = rare.flow;
  return (
    <div class="flow">
      {(channels || privacy) && <Channels channels={channels ? told.channels : []} rare={rare} privacy={privacy} />}
      {form && <Form key={`${form.id} ${comeback}`} form={form} rare={rare} wroteIn={wroteIn} instead={instead} />}
      {rate && <Rate key={`${rate.closing} ${comeback}`} rate={rate} rare={rare} instead={instead} />}
      {called && (
        <p class="called" role="status">
          {words.called}
        </p>
      )}
      {person && (
        <button
          type="button"
          class="ask-person"
          onClick={(event) => {
            // It goes with the press, and the focus is not to go with it; a form that comes takes it from there.
            event.currentTarget.closest<HTMLElement>('.window')?.focus({ preventScroll: true });
            if (instead) instead();
            else session.send({ t: 'message', text: words.personSaid, person: true });
          }}
        >
          {words.person}
        </button>
      )}
    </div>
  );
}
