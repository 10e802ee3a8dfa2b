import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { FigureStrings } from '../i18n/inbox.strings';
import { useWords } from '../inbox/context';
import { Asked, useAsked } from '../inbox/Later';
import { useMoreWords } from '../inbox/words';
import { adopt } from '../sheets';
import { nameOf } from '../ui/names';
import { Columns } from './Columns';
import { ratingScale } from './stats';
import type { Stats } from './stats';
import css from './charts.css?inline';

const spans = [7, 30, 92] as const;

/** What happened on the site in the last days. */
export function Figures(): VNode {
  adopt(css);
  const words = useMoreWords();
  return <div class="page figures" tabIndex={-1}><Asked {...words}>{({ stats }) => <Span words={stats} />}</Asked></div>;
}

type Words = FigureStrings['stats'];

function Span({ words }: { readonly words: Words }): VNode {
  const { api } = usePanel();
  const { figures } = useWords();
  const [days, choose] = useState<number>(7);
  const asked = useAsked((signal) => api.get<Stats>('/stats', { days }, signal), [days]);
  const old = asked.value !== undefined && asked.value.days !== days;
  return (
    <Fragment>
      <div class="spans" role="group" aria-label={words.span}>
        {spans.map((span) => <button key={span} type="button" class="view" aria-pressed={span === days} onClick={() => choose(span)}>{figures.plural(span, words.days)}</button>)}
      </div>
      <Asked {...asked}>{(stats) => <div class={old ? 'stats busy' : 'stats'} aria-busy={old}><Shown words={words} stats={stats} /></div>}</Asked>
    </Fragment>
  );
}

function Shown({ words, stats }: { readonly words: Words; readonly stats: Stats }): VNode {
  const { figures } = useWords();
  const sum = (of: 'new' | 'closed'): string => figures.number(stats.by_day.reduce((n, day) => n + day[of], 0));
  const { first_answer: first, ratings } = stats;
  const rated = ratings.reduce((n, { count }) => n + count, 0);
  return (
    <Fragment>
      <dl class="tiles">
        <Tile name={words.open} value={figures.number(stats.open)} more={words.now} />
        <Tile name={words.waiting} value={figures.number(stats.waiting)} more={words.now} />
        <Tile name={words.opened} value={sum('new')} />
        <Tile name={words.closed} value={sum('closed')} />
        <Tile broad name={words.firstAnswer} value={first.counted ? figures.exact(first.median_s ?? 0) : '–'} more={first.counted ? `${words.median} ${figures.plural(first.counted, words.counted)}` : words.noAnswers}>
          {first.counted > 0 && <span>{words.p90} {figures.exact(first.p90_s ?? 0)}. {words.longest}: {figures.exact(first.longest_s ?? 0)}</span>}
        </Tile>
        <Tile broad name={words.botShare} value={stats.bot_share === null ? '–' : figures.percent(stats.bot_share)} more={stats.bot_share === null ? words.noDialogs : words.botWhat} share={stats.bot_share} />
        <Tile broad name={words.ratings} value={stats.average_rating === null || !rated ? '–' : words.average(figures.average(stats.average_rating), figures.number(ratingScale))} more={rated ? figures.plural(rated, words.rated) : words.noRatings}>
          {rated > 0 && <Ratings words={words} ratings={ratings} all={rated} />}
        </Tile>
      </dl>
      <Load words={words} stats={stats} />
      {stats.operators && stats.operators.length > 0 && <Operators words={words} operators={stats.operators} />}
    </Fragment>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly more?: string | undefined;
  /** Whether it has more to say than fits beside others. */
  readonly broad?: boolean;
  /** Of a whole, from 0 to 1: drawn as a bar under the value that says it. */
  readonly share?: number | null;
  readonly children?: VNode | false;
}

function Tile({ name, value, more, broad, share, children }: TileProps): VNode {
  return (
    <div class={broad ? 'tile broad' : 'tile'}>
      <dt>{name}</dt>
      <dd class="tile-value">{value}</dd>
      {typeof share === 'number' && <dd aria-hidden="true"><Bar share={share} /></dd>}
      {more && <dd class="muted">{more}</dd>}
      {children && <dd class="tile-more">{children}</dd>}
    </div>
  );
}

/** A part of a whole; what it says stands beside it in words. */
function Bar({ share }: { readonly share: number }): VNode {
  return (
    <svg class="bar" width="100%" height="8" aria-hidden="true">
      <rect class="whole" width="100%" height="8" rx="4" />
      <rect class="part-0" width={`${Math.min(1, Math.max(0, share)) * 100}%`} height="8" rx="4" />
    </svg>
  );
}

function Ratings({ words, ratings, all }: { readonly words: Words; readonly ratings: Stats['ratings']; readonly all: number }): VNode {
  const { figures } = useWords();
  return (
    <ul class="ratings">
      {ratings.toSorted((a, b) => b.score / b.of - a.score / a.of).map(({ score, of, count }) => (
        <li key={`${score}/${of}`}>
          <span>{words.score(figures.number(score), figures.number(of))}</span>
          <Bar share={count / all} />
          <span class="count">{figures.plural(count, words.rated)}</span>
        </li>
      ))}
    </ul>
  );
}

function Operators({ words, operators }: { readonly words: Words; readonly operators: NonNullable<Stats['operators']> }): VNode {
  const { figures } = useWords();
  return (
    <section class="chart">
      <h2 id="figures-operators">{words.operators}</h2>
      <table class="operators" aria-labelledby="figures-operators">
        <thead><tr><th scope="col">{words.operator}</th><th scope="col">{words.written}</th><th scope="col">{words.dialogs}</th></tr></thead>
        <tbody>
          {operators.map(({ id, messages, dialogs }) => (
            <tr key={id}>
              <th scope="row" title={id}><bdi>{nameOf(id)}</bdi></th>
              <td>{figures.number(messages)}</td>
              <td>{figures.number(dialogs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Load({ words, stats }: { readonly words: Words; readonly stats: Stats }): VNode {
  const { figures } = useWords();
  const { time_zone: zone } = useSite();
  const hours = stats.hours.map((_, hour) => figures.hour(hour));
  const days = stats.by_day.map(({ day }) => figures.day(day));
  const busiest = (values: readonly number[], labels: readonly string[]): string => {
    const most = Math.max(0, ...values);
    return most === 0 ? words.nothing : words.most(figures.plural(most, words.messages), labels[values.indexOf(most)] ?? '');
  };
  return (
    <Fragment>
      <Columns
        title={words.byHour}
        what={words.byHourWhat(zone.replace('Etc/', ''))}
        summary={`${words.byHour}. ${busiest(stats.hours, hours)}`}
        keys={words.keys}
        heading={words.hour}
        table={words.table}
        labels={hours}
        series={[{ name: words.asked, values: stats.hours }]}
      />
      <Columns
        title={words.byDay}
        what={words.byDayWhat}
        summary={`${words.byDay}. ${busiest(stats.by_day.map(({ asked, replied, bot }) => asked + replied + bot), days)}`}
        keys={words.keys}
        heading={words.day}
        table={words.table}
        labels={days}
        series={[
          { name: words.asked, values: stats.by_day.map(({ asked }) => asked) },
          { name: words.replied, values: stats.by_day.map(({ replied }) => replied) },
          { name: words.bot, values: stats.by_day.map(({ bot }) => bot) },
        ]}
      />
    </Fragment>
  );
}
