import { useEffect, useRef, useState } from 'preact/hooks';
import { newKey } from '../http';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';

/** A press within so many milliseconds after an answer was lost means the same; later, the world has gone on. */
const same = 60_000;

/** Who presses a button within so many milliseconds after it became another one means what it was. */
const blink = 700;

export interface Act<A extends readonly unknown[]> {
  /** True until the answer is there, and while nobody can have read what the button does now. */
  readonly busy: boolean;
  /** Why it failed, until it is tried again. */
  readonly problem: ApiProblem | undefined;
  /** Does it; true when it is done. While it is being done, further calls do nothing. */
  readonly go: (...args: A) => Promise<boolean>;
  readonly forgive: () => void;
}

/** What was tried last, and may have been done. */
export interface Tried {
  /** When the answer was lost; while there may be one still, the end of time. */
  current?: { readonly key: string; readonly args: string; at: number } | undefined;
}

/**
 * Something that changes what the bridge keeps. Tried again with the same values
 * soon after an answer was lost, it carries the same key, so it is done once.
 * What the meaning of its button hangs on is named where others can change it.
 * What outlives that which is drawn keeps what was tried, so that it is the same act there.
 */
export function useAct<A extends readonly unknown[]>(run: (key: string, ...args: A) => Promise<unknown>, meaning?: unknown, kept?: Tried): Act<A> {
  const [state, set] = useState<{ busy: boolean; problem: ApiProblem | undefined }>({ busy: false, problem: undefined });
  const running = useRef(false);
  const own = useRef<Tried['current']>(undefined);
  const tried = kept ?? own;
  const [read, see] = useState(meaning);
  useEffect(() => {
    const timer = setTimeout(see, blink, meaning);
    return () => clearTimeout(timer);
  }, [meaning]);
  const go = async (...args: A): Promise<boolean> => {
    if (running.current || read !== meaning) return false;
    running.current = true;
    const said = JSON.stringify(args);
    const before = tried.current;
    const key = before?.args === said && Date.now() - before.at < same ? before.key : newKey();
    const now = (tried.current = { key, args: said, at: Infinity });
    set({ busy: true, problem: undefined });
    try {
      await run(key, ...args);
      tried.current = undefined;
      set({ busy: false, problem: undefined });
      return true;
    } catch (error) {
      const problem = problemOf(error);
      // What was refused was not done; what got no answer may have been.
      if (problem.status === 0 || problem.status >= 500) now.at = Date.now();
      else tried.current = undefined;
      set({ busy: false, problem });
      return false;
    } finally {
      running.current = false;
    }
  };
  return { ...state, busy: state.busy || read !== meaning, go, forgive: () => set({ busy: false, problem: undefined }) };
}
