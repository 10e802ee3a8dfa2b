import { h } from 'preact';
import type { VNode } from 'preact';
import { sentence, usePanel } from '../context';
import type { ApiProblem } from '../problem';

interface Props {
  readonly id?: string;
  /** What is wrong already here, before the bridge is asked. */
  readonly wrong?: string | false | undefined;
  readonly problem: ApiProblem | undefined;
  /** Words of the field itself for some codes, before those of all. */
  readonly words?: Readonly<Record<string, string>>;
}

/** What went wrong, beside what it is about; read out as it comes. */
export function Problem({ id, wrong, problem, words }: Props): VNode {
  const { strings } = usePanel();
  const says = wrong || (problem && (words?.[problem.code] ?? sentence(strings, problem)));
  return (
    <div id={id} role="alert" class="wrong">
      {says && <p dir="auto">{says}</p>}
    </div>
  );
}
