import { h } from 'preact';
import type { VNode } from 'preact';
import { sentence, usePanel } from '../context';
import type { ApiProblem } from '../problem';

interface Props {
  readonly id?: string;
  readonly problem: ApiProblem | undefined;
  /** Words of the field itself for some codes, before those of all. */
  readonly words?: Readonly<Record<string, string>>;
}

/** What went wrong, beside what it is about; read out as it comes. */
export function Problem({ id, problem, words }: Props): VNode {
  const { strings } = usePanel();
  return (
    <div id={id} role="alert" class="wrong">
      {problem && <p dir="auto">{words?.[problem.code] ?? sentence(strings, problem)}</p>}
    </div>
  );
}
