import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useWords } from '../inbox/context';
import { columnAt, named, scale, stack } from './geometry';

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

interface Props {
  readonly title: string;
  /** What it shows, in a sentence under the title. */
  readonly what?: string;
  /** Says the picture to who does not see it: what is most worth knowing. */
  readonly summary: string;
  /** How keys go through the columns. */
  readonly keys: string;
  readonly labels: readonly string[];
  /** What the labels are: hours, days. */
  readonly heading: string;
  readonly table: string;
  /** Stand on each other in a column, the first at the bottom. */
  readonly series: readonly Series[];
}

/** A label under the columns takes about so many CSS pixels. */
const labelWidth = 58;

/** Columns, each of which tells its values under the pointer or by the arrow keys, and a table of the same. */
export function Columns({ title, what, summary, keys, labels, heading, table, series }: Props): VNode {
  const { figures } = useWords();
  const [at, point] = useState<number>();
  const [width, setWidth] = useState(320);
  const plot = useRef<HTMLDivElement>(null);
  const count = labels.length;
  const sums = labels.map((_, i) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
  const { top, lines } = scale(Math.max(0, ...sums));
  const every = named(count, width / labelWidth);

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    if (plot.current) watch.observe(plot.current);
    return () => watch.disconnect();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const from = at ?? (event.key === 'ArrowLeft' ? count : -1);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count - 1 }[event.key];
    if (event.key === 'Escape') point(undefined);
    if (to === undefined) return;
    event.preventDefault();
    point(Math.min(count - 1, Math.max(0, to)));
  };
  const onPointer = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    point(columnAt(event.clientX - box.left, box.width, count));
  };

  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        {what && <p class="muted">{what}</p>}
      </figcaption>
      <p class="reading" aria-live="polite">
        {at === undefined ? <Legend series={series} /> : <Reading label={labels[at] ?? ''} at={at} series={series} />}
      </p>
      <div class="plot">
        <div class="lines" aria-hidden="true">
          {lines.toReversed().map((line) => <span key={line}>{figures.number(line)}</span>)}
        </div>
        <div
          ref={plot}
          class="field"
          role="group"
          tabIndex={0}
          aria-label={`${title}. ${keys}`}
          onKeyDown={onKeyDown}
          onBlur={() => point(undefined)}
          onPointerMove={onPointer}
          onPointerDown={onPointer}
          onPointerLeave={() => point(undefined)}
        >
          <svg role="img" aria-label={summary} width="100%" height="100%">
            {lines.map((line) => <line key={line} class="line" x1="0" x2="100%" y1={percent(100 - (line / top) * 100)} y2={percent(100 - (line / top) * 100)} />)}
            {labels.map((label, i) => {
              const x = (i / count) * 100;
              const gap = count > 40 ? 0.1 : 0.18;
              return (
                <g key={label} class={at === i ? 'column at' : 'column'}>
                  {at === i && <rect class="under" x={percent(x)} y="0" width={percent(100 / count)} height="100%" />}
                  {stack(series.map(({ values }) => values[i] ?? 0), top).map(({ y, height }, n) => height > 0 && (
                    <rect key={series[n]?.name} class={`part-${n}`} x={percent(x + (gap * 100) / count)} y={percent(y)} width={percent(((1 - 2 * gap) * 100) / count)} height={percent(height)} />
                  ))}
                </g>
              );
            })}
          </svg>
        </div>
        <div class="labels" aria-hidden="true">
          {labels.map((label, i) => i % every === 0 && <span key={label} style={{ left: percent(((i + 0.5) / count) * 100) }}>{label}</span>)}
        </div>
      </div>
      <details class="as-table">
        <summary>{table}<span class="sr">: {title}</span></summary>
        <div class="scroll" tabIndex={0} role="group" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{heading}</th>
                {series.map(({ name }) => <th key={name} scope="col">{name}</th>)}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, i) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {series.map(({ name, values }) => <td key={name}>{figures.number(values[i] ?? 0)}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function Legend({ series }: Pick<Props, 'series'>): VNode | null {
  if (series.length < 2) return null;
  return <span class="legend">{series.map(({ name }, n) => <span key={name}><i class={`part-${n}`} />{name}</span>)}</span>;
}

function Reading({ label, at, series }: { readonly label: string; readonly at: number } & Pick<Props, 'series'>): VNode {
  const { figures } = useWords();
  return (
    <span class="legend">
      <b>{label}</b>
      {series.map(({ name, values }, n) => <span key={name}><i class={`part-${n}`} />{name}: <b>{figures.number(values[at] ?? 0)}</b></span>)}
    </span>
  );
}

/** Of the picture's width or height; a thousandth of that is no pixel. */
function percent(n: number): string {
  return `${Math.round(n * 1000) / 1000}%`;
}
