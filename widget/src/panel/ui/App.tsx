import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Card } from '../card/Card';
import { forgetDrafts } from '../card/drafts';
import { provideSite, sentence, usePanel, useSource } from '../context';
import { Inbox } from '../inbox/Inbox';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { go, openFirst, useRoute } from '../route';
import { SignIn } from './SignIn';

/** The whole panel: what is shown, and over it the way in while nobody is signed in. */
export function App(): VNode {
  const { sessions } = usePanel();
  const signIn = useSource(sessions, () => sessions.state);
  const inside = signIn.state === 'in';
  // What was shown stays under the way in, with all that was typed.
  const [entered, enter] = useState(inside);
  useEffect(() => {
    if (inside) enter(true);
  }, [inside]);
  return (
    <div class="panel">
      {entered && <Inside hidden={!inside} />}
      {!inside && <SignIn state={signIn} />}
    </div>
  );
}

/** What is behind the way in. Of another operator nothing stays. */
function Inside({ hidden }: { readonly hidden: boolean }): VNode {
  const { sessions } = usePanel();
  const [who, set] = useState('');
  const signIn = useSource(sessions, () => sessions.state);
  const operator = signIn.state === 'in' ? signIn.session.operator : who;
  useEffect(() => set(operator), [operator]);
  const drawn = useRef(operator);
  // Before the next one's fields look for what they were typed into.
  if (drawn.current !== operator) forgetDrafts();
  drawn.current = operator;
  return (
    <div class="inside" hidden={hidden} key={operator}>
      <Rooms />
    </div>
  );
}

type Known = { readonly state: 'asking' } | { readonly state: 'there' } | { readonly state: 'failed'; readonly problem: ApiProblem };

/** List and card, once the site is known. */
function Rooms(): VNode {
  const panel = usePanel();
  const { api, live, strings } = panel;
  const [known, set] = useState<Known>({ state: 'asking' });
  const [turn, again] = useState(0);
  useEffect(() => {
    set({ state: 'asking' });
    Promise.all([api.site().then(provideSite), openFirst(panel)]).then(
      () => set({ state: 'there' }),
      (error: unknown) => set({ state: 'failed', problem: problemOf(error) }),
    );
  }, [turn, panel, api]);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  if (known.state === 'asking') return <p class="blank" aria-busy="true">{strings.loading}</p>;
  if (known.state === 'failed') {
    return (
      <div class="blank" role="alert">
        <p dir="auto">{sentence(strings, known.problem)}</p>
        <button type="button" class="btn" onClick={() => again(turn + 1)}>{strings.retry}</button>
      </div>
    );
  }
  return <Views />;
}

function Views(): VNode {
  const { live, strings } = usePanel();
  const { contact, list } = useRoute();
  const ready = useSource(live, () => live.ready);
  const why = useSource(live, () => live.why);
  return (
    <div class={`views${list ? ' two' : ''}${contact ? ' chosen' : ''}`}>
      {why && !ready && <p class="cut" role="status">{why === 'too_many_sockets' ? strings.tooMany : strings.disconnected}</p>}
      {list && <Inbox selected={contact} onOpen={(id) => go({ contact: id })} />}
      {contact ? <Card key={contact} id={contact} {...(list && { onBack: () => go({ contact: undefined }) })} /> : list && <aside class="blank nobody">{strings.chooseSomebody}</aside>}
      <Who />
    </div>
  );
}

/** Who is signed in, and the way out. */
function Who(): VNode {
  const { sessions, strings } = usePanel();
  const signIn = useSource(sessions, () => sessions.state);
  return (
    <footer class="who">
      {signIn.state === 'in' && <bdi>{signIn.session.operator}</bdi>}
      <button type="button" class="as-link" onClick={() => void sessions.signOut()}>{strings.signOut}</button>
    </footer>
  );
}
