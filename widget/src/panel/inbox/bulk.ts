import { newKey } from '../http';
import type { Api } from '../api';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';

/** What is done to many contacts at once; the assignee "" is nobody. */
export type Act = { readonly tag: string } | { readonly untag: string } | { readonly assignee: string | null } | { readonly status: 'closed' };

export interface Failed {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
}

export interface Outcome {
  readonly done: readonly string[];
  readonly failed: readonly Failed[];
  /** Why the rest was not tried, or nobody knows whether it was done. */
  readonly problem: ApiProblem | undefined;
}

/** The API takes so many at once. */
const most = 200;

/** Does it part by part; each is done once, even where it is asked again. */
export async function actOnAll(api: Api, ids: readonly string[], act: Act, progress: (tried: number) => void): Promise<Outcome> {
  const done: string[] = [];
  const failed: Failed[] = [];
  const as = api.operator;
  for (let at = 0; at < ids.length; at += most) {
    const part = ids.slice(at, at + most);
    progress(at);
    try {
      const answer = await api.act<{ readonly failed: readonly Failed[] }>('POST', '/contacts/bulk', { ids: part, ...act }, { key: newKey(), as });
      const undone = new Set(answer.failed.map(({ id }) => id));
      failed.push(...answer.failed);
      done.push(...part.filter((id) => !undone.has(id)));
    } catch (error) {
      return { done, failed, problem: problemOf(error) };
    }
  }
  return { done, failed, problem: undefined };
}
