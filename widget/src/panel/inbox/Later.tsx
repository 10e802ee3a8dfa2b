import { h } from 'preact';
import type { VNode } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { sentence, usePanel } from '../context';
import { ApiProblem, problemOf } from '../problem';

interface Props<T> {
  readonly load: () => Promise<T>;
  readonly children: (loaded: T) => VNode;
}

/** Draws what is loaded on first use: a part of the panel. */
export function Later<T>({ load, children }: Props<T>): VNode {
  // A chunk that does not come is a network that is not there.
  const asked = useAsked(() => load().catch(() => Promise.reject(new ApiProblem('offline', 0))), [load]);
  return <Asked {...asked}>{children}</Asked>;
}

export interface Answer<T> {
  readonly value: T | undefined;
  readonly problem: ApiProblem | undefined;
  readonly retry: () => void;
}

/** Asks, once for the same "of"; what was known stays while it asks again. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, of: readonly unknown[]): Answer<T> {
  const [state, set] = useState<{ value?: T; problem?: ApiProblem; turn: number }>({ turn: 0 });
  const retry = useCallback(() => set(({ turn }) => ({ turn: turn + 1 })), []);
  useEffect(() => {
    const end = new AbortController();
    set(({ value, turn }) => ({ ...(value !== undefined && { value }), turn }));
    ask(end.signal).then(
      (value) => end.signal.aborted || set(({ turn }) => ({ value, turn })),
      (error: unknown) => end.signal.aborted || set(({ turn }) => ({ problem: problemOf(error), turn })),
    );
    return () => end.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of says when to ask
  }, [state.turn, ...of]);
  return { value: state.value, problem: state.problem, retry };
}

/** What was asked for, or how that stands. */
export function Asked<T>({ value, problem, retry, children }: Answer<T> & { readonly children: (value: T) => VNode }): VNode {
  const { strings } = usePanel();
  if (value !== undefined) return children(value);
  if (problem) {
    return (
      <div class="blank" role="alert">
        <p dir="auto">{sentence(strings, problem)}</p>
        <button type="button" class="btn" onClick={retry}>{strings.retry}</button>
      </div>
    );
  }
  return <p class="blank" role="status" aria-busy="true">{strings.loading}</p>;
}
