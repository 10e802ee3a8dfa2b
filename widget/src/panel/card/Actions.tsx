import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { usePanel } from '../context';
import type { Contact } from '../forms';
import { saveFile } from '../save';
import { useAct } from '../ui/act';
import { Problem } from '../ui/Problem';
import { Section } from './Section';

/** What is seldom done, and with care. */
export function Actions({ contact }: { readonly contact: Contact }): VNode {
  const { api, contacts, say, strings: { card: words, cancel } } = usePanel();
  const { blocked } = contact.dialog;
  const [sure, ask] = useState(false);
  const [forgetting, forget] = useState(false);
  const block = useAct((key, to: boolean) => contacts.after(contact.id, api.changeDialog(contact.id, { blocked: to }, { key })), blocked);
  const lift = useAct((key) => contacts.after(contact.id, api.changeDialog(contact.id, { address_blocked: false }, { key })));
  const take = useAct(async (_key, name: string) => saveFile(await api.export(contact.id), name));
  const turn = async (): Promise<void> => {
    // The second press means it.
    if (!blocked && !sure) return ask(true);
    ask(false);
    if (await block.go(!blocked)) say(blocked ? words.said.unblocked : words.said.blocked);
  };
  const save = async (): Promise<void> => {
    if (await take.go(`visitor-${contact.number}.json`)) say(words.exported);
  };
  return (
    <Section title={words.actions}>
      <div class="row wrap">
        <button type="button" class={`btn danger${sure ? ' primary' : ''}`} aria-disabled={block.busy} onClick={() => void turn()}>{blocked ? words.unblock : sure ? words.blockSure : words.block}</button>
        {sure && <button type="button" class="btn plain" onClick={() => ask(false)}>{cancel}</button>}
        {contact.address_blocked && <button type="button" class="btn" aria-disabled={lift.busy} onClick={() => void lift.go()}>{words.unblockAddress}</button>}
        <button type="button" class="btn" aria-disabled={take.busy} onClick={() => void save()}>{words.export}</button>
        <button type="button" class="btn danger" onClick={() => forget(true)}>{words.forget}</button>
      </div>
      <Problem problem={block.problem ?? lift.problem ?? take.problem} />
      {forgetting && <Forget contact={contact} onEnd={() => forget(false)} />}
    </Section>
  );
}

/** Asks for the visitor's number, so that nobody is forgotten by a slip. */
function Forget({ contact, onEnd }: { readonly contact: Contact; readonly onEnd: () => void }): VNode {
  const { api, contacts, strings } = usePanel();
  const { card: words } = strings;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [number, type] = useState('');
  const [wrong, blame] = useState(false);
  const act = useAct((key, typed: number) => api.erase(contact.id, typed, { key }));
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (number.trim().replace(/^#/, '') !== String(contact.number)) return blame(true);
    if (await act.go(contact.number)) contacts.drop(contact.id);
  };
  return (
    <dialog ref={dialog} class="sure" aria-labelledby={`${id}-title`} aria-describedby={`${id}-what`} onClose={onEnd}>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <h2 id={`${id}-title`} dir="auto">{words.forgetTitle(contact.name)}</h2>
        <p id={`${id}-what`}>{words.forgetWhat}</p>
        <label>
          <span class="label">{words.forgetNumber(contact.number)}</span>
          <input class="in" inputMode="numeric" value={number} autocomplete="off" aria-invalid={wrong} aria-describedby={`${id}-wrong`} onInput={(event) => {
            blame(false);
            type(event.currentTarget.value);
          }} />
        </label>
        <Problem id={`${id}-wrong`} wrong={wrong && words.forgetWrong(contact.number)} problem={act.problem} />
        <div class="row">
          <button type="submit" class="btn primary danger" aria-disabled={act.busy}>{act.busy ? strings.saving : words.forgetNow}</button>
          <button type="button" class="btn" onClick={() => dialog.current?.close()}>{strings.cancel}</button>
        </div>
      </form>
    </dialog>
  );
}
