import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { Deal, DealStep, Site } from '../forms';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { nameOf } from '../ui/names';
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
                <bdi>{words.step(step, shown(site, deal, words.status, step))}</bdi>
                <bdi class="muted"> · {nameOf(step.by)}</bdi>
              </span>
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}

/** Stages and statuses by their names. */
function shown(site: Site, deal: Deal, statuses: Readonly<Record<string, string>>, { what, was, becomes }: DealStep): { was: string; becomes: string } {
  const stages = site.pipelines.find((p) => p.id === deal.pipeline)?.stages ?? [];
  const name = (value: string): string =>
    what === 'status' ? (statuses[value] ?? value) : what === 'stage' ? (stages.find((s) => s.id === value)?.name ?? value) : value;
  return { was: name(was), becomes: name(becomes) };
}
