import { h } from 'preact';
import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import { usePanel, useSite, useSource } from '../context';
import type { Contact, Dialog, DialogChange } from '../forms';
import { useAct } from '../ui/act';
import { nameOf } from '../ui/names';
import { Problem } from '../ui/Problem';
import { Section } from './Section';

/** Who answers: the operator who has the dialog, and the bot. A choice counts with its button, since arrow keys make it too. */
export function Handling({ contact }: { readonly contact: Contact }): VNode {
  const { strings: { card: words } } = usePanel();
  const site = useSite();
  return (
    <Section title={words.operator}>
      <Assignee contact={contact} />
      {site.bot && <Bot contact={contact} />}
      {site.bot && site.chains.length + site.assistants.length > 0 && <Run contact={contact} />}
    </Section>
  );
}

function Assignee({ contact }: { readonly contact: Contact }): VNode {
  const { api, contacts, say, sessions, strings: { card: words } } = usePanel();
  const { operators } = useSite();
  const me = useSource(sessions, () => (sessions.state.state === 'in' ? sessions.state.session.operator : null));
  const id = useId();
  const { assignee } = contact.dialog;
  const [chosen, choose] = useState<string>();
  const act = useAct((key, to: string | null) => contacts.after(contact.id, api.changeDialog(contact.id, { assignee: to }, { key })), assignee);
  const give = async (to: string): Promise<void> => {
    if (!(await act.go(to || null))) return;
    choose(undefined);
    say(to ? words.said.assigned(nameOf(to)) : words.said.freed);
  };
  const to = chosen !== undefined && chosen !== assignee ? chosen : assignee === me ? '' : me;
  const does = to === chosen ? words.assign : to ? words.take : words.free;
  // Somebody may have it who is no operator any more.
  const all = assignee && !operators.some((o) => o.id === assignee) ? [...operators, { id: assignee, away: false }] : operators;
  return (
    <div>
      <div class="row">
        <select class="in" aria-label={words.giveTo} aria-describedby={id} value={chosen ?? assignee} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{words.nobody}</option>
          {all.map((operator) => (
            <option key={operator.id} value={operator.id}>
              {nameOf(operator.id)}
              {operator.id === me ? ` (${words.you})` : operator.away ? ` (${words.away})` : ''}
            </option>
          ))}
        </select>
        {to !== null && <button type="button" class="btn" aria-disabled={act.busy} onClick={() => void give(to)}>{does}</button>}
      </div>
      <Problem id={id} problem={act.problem} />
    </div>
  );
}

/** How long the bot is silent, in minutes. */
const pauses = ['15', '60', '480'] as const;

/** The switch of the bot, and what it is about now. */
function Bot({ contact }: { readonly contact: Contact }): VNode {
  const { api, contacts, formats, say, strings: { card: words, save } } = usePanel();
  const id = useId();
  const [chosen, choose] = useState('');
  const { on, until, can_continue: interrupted } = contact.dialog.bot;
  const act = useAct((key, bot: NonNullable<DialogChange['bot']>) => contacts.after(contact.id, api.changeDialog(contact.id, { bot }, { key })), on);
  const turn = async (bot: NonNullable<DialogChange['bot']>): Promise<void> => {
    if (!(await act.go(bot))) return;
    choose('');
    say(bot.on ? words.said.botOn : words.said.botOff);
  };
  const minutes = Number(chosen);
  return (
    <div class="bot">
      <div class="row wrap">
        <button type="button" class="switch" role="switch" aria-checked={on} aria-labelledby={`${id}-name`} aria-describedby={`${id}-does`} aria-disabled={act.busy} onClick={() => void turn({ on: !on })}>
          <span class="knob" />
        </button>
        <div class="bot-says">
          <p id={`${id}-name`} class="strong">{words.bot}</p>
          <p id={`${id}-does`} class="muted"><Does dialog={contact.dialog} /></p>
        </div>
        {!on && (
          <select class="in short" aria-label={words.pauseFor} value={chosen || (until ? '' : '0')} onChange={(event) => choose(event.currentTarget.value)}>
            {until && <option value="">{words.until(formats.short(until, Date.now()))}</option>}
            <option value="0">{words.pauses.close}</option>
            {pauses.map((p) => <option key={p} value={p}>{words.pauses[p]}</option>)}
          </select>
        )}
        {!on && chosen && (until || minutes > 0) && <button type="button" class="btn" aria-disabled={act.busy} onClick={() => void turn({ on, ...(minutes > 0 && { minutes }) })}>{save}</button>}
      </div>
      {!on && interrupted && <button type="button" class="btn small go-on" aria-disabled={act.busy} onClick={() => void turn({ on: true, continue: true })}>{words.goOn}</button>}
      <Problem problem={act.problem} />
    </div>
  );
}

function Does({ dialog }: { readonly dialog: Dialog }): VNode {
  const { strings: { card: words } } = usePanel();
  const { bot } = dialog;
  const { doing } = bot;
  if (!bot.on) return <bdi>{words.botOff}</bdi>;
  if (doing?.assistant) return <bdi>{words.botAssistant(doing.assistant)}</bdi>;
  if (doing?.chain) return <bdi title={doing.step}>{words.botChain(doing.title || doing.chain)}</bdi>;
  return <bdi>{words.botOn}</bdi>;
}

/** Has the bot begin a chain, or an assistant talk with the visitor. */
function Run({ contact }: { readonly contact: Contact }): VNode {
  const { api, say, strings: { card: words } } = usePanel();
  const { chains, assistants } = useSite();
  const all = [
    ...chains.map(({ name, title }) => ({ id: `chain ${name}`, title: title || name, said: words.chainStarted, run: (key: string) => api.runChain(contact.id, name, { key }) })),
    ...assistants.map((name) => ({ id: `assistant ${name}`, title: words.assistant(name), said: words.handed, run: (key: string) => api.handToAssistant(contact.id, name, { key }) })),
  ];
  const [id, choose] = useState('');
  const chosen = all.find((one) => one.id === id);
  const act = useAct((key, _id: string) => chosen?.run(key) ?? Promise.resolve());
  const run = async (): Promise<void> => {
    if (chosen && (await act.go(chosen.id))) say(chosen.said(chosen.title));
  };
  return (
    <div>
      <div class="row">
        <select class="in" aria-label={words.runChain} value={chosen?.id ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
          {/* Nothing is run that nobody has chosen. */}
          <option value="">{words.chooseChain}</option>
          {all.map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
        </select>
        <button type="button" class="btn" disabled={!chosen} aria-disabled={act.busy} onClick={() => void run()}>{words.run}</button>
      </div>
      <Problem problem={act.problem} />
    </div>
  );
}
