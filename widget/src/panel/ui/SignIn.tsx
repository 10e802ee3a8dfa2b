import { h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { usePanel } from '../context';
import type { SignIn as State } from '../session';

/** The way in: what is waited for, or what to do. */
export function SignIn({ state }: { readonly state: State }): VNode | null {
  const { sessions, strings: { signIn: words } } = usePanel();
  const title = useRef<HTMLHeadingElement>(null);
  // The focus would be lost with what was shown before.
  useLayoutEffect(() => title.current?.focus(), [state.state]);
  if (state.state === 'in') return null;
  const stay = state.state === 'asking' ? undefined : state.stay;
  return (
    <main class="door">
      <h1 ref={title} tabIndex={-1}>{words.title}</h1>
      <div class="door-says" role="status">
        {state.state === 'asking' && <p aria-busy="true">{words.asking}</p>}
        {state.state === 'asking' && state.way === 'client' && <p class="muted">{words.confirm}</p>}
        {state.state === 'offered' && <p>{words.offered}</p>}
        {state.state === 'out' && state.why && <p dir="auto">{words.out[state.why] ?? state.detail}</p>}
      </div>
      {state.state === 'offered' && <button type="button" class="btn primary" onClick={() => void sessions.accept()}><bdi>{words.goOn(state.as)}</bdi></button>}
      {state.state === 'out' && <Ways state={state} />}
      {stay && <button type="button" class="btn" onClick={() => sessions.stay()}><bdi>{words.stay(stay)}</bdi></button>}
    </main>
  );
}

function Ways({ state }: { readonly state: State & { state: 'out' } }): VNode {
  const { sessions, strings: { signIn: words } } = usePanel();
  return state.way === 'client' ? (
    <div class="door-ways">
      <button type="button" class="btn primary" onClick={() => void sessions.askClient()}>{state.why ? words.again : words.byClient}</button>
      {state.why && state.why !== 'not_operator' && <p class="muted">{words.link}</p>}
    </div>
  ) : <p class="muted">{words.byLink}</p>;
}
