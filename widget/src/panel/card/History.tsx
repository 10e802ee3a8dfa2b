import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { Deal, DealStep, Site } from '../forms';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { nameOf, placeOf } from '../ui/names';
import { Problem } from '../ui/Problem';

/** What became of a deal; asked for when it is unfolded, and again when the deal has changed. */
export function History({ contact, deal }: { readonly contact: string; readonly deal: Deal }): VNode {
  const { api, formats, strings: { deals: words, loading } } = usePanel();
  const site = useSite();
  const [open, unfold] = useState(false);
  const [steps, set] = useState<readonly DealStep[]>();
  const [problem, blame] = useState<ApiProblem>();
  useEffect(() => {
    if (!open) return;
    const end = new AbortController();
    api.deal(contact, deal.number, end.signal).then(
      ({ history }) => {
        set(history ?? []);
        blame(undefined);
      },
      (error: unknown) => !end.signal.aborted && blame(problemOf(error)),
    );
    return () => end.abort();
  }, [api, contact, deal.number, deal.changed_at, open]);
  return (
    <details class="fold" onToggle={(event) => unfold(event.currentTarget.open)}>
      <summary>{words.history}</summary>
      <Problem problem={problem} />
      {open && !steps && !problem && <p class="muted" aria-busy="true">{loading}</p>}
      {steps && (
        <ol class="trail">
          {steps.map((step) => (
            <li key={step.at + step.what}>
              <time dateTime={step.at}>{formats.full(step.at)}</time>
              <span class="text">
                <bdi>{words.step(step, shown(site, words.status, step))}</bdi>
                <bdi class="muted"> · {nameOf(step.by)}</bdi>
              </span>
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

/** Stages and statuses by their names; a stage is kept with its pipeline, as "sales/offer". */
function shown(site: Site, statuses: Readonly<Record<string, string>>, { what, was, becomes }: DealStep): { was: string; becomes: string } {
  const name = (value: string): string => {
    if (what === 'status') return statuses[value] ?? value;
    if (what !== 'stage') return value;
    const [pipeline = '', stage = ''] = value.split('/', 2);
    return placeOf(site, { pipeline, stage });
  };
  return { was: name(was), becomes: name(becomes) };
}
