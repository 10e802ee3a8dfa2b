import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { comma } from '../comma';
import { useChat } from '../ui/context';
import { variantOf } from '../variant';
import { useRare } from './words';

/** See Span and Away in bridge/gateway/wire; times are in milliseconds. */
interface Span {
  readonly in?: number;
  readonly for?: number;
}
interface Told extends Span {
  readonly text: string;
  readonly back?: number;
  readonly later?: readonly Span[];
}

/** The longest that a timer can be set to. */
const longest = 2 ** 31 - 1;

/** Says that nobody is there, from the end of the opening hours to their beginning. */
export function Away(): VNode | null {
  const { session, strings, host } = useChat();
  const rare = useRare();
  const { beside } = host.settings;
  const told = checked((beside ?? session.state.site)?.away);
  const [gone, setGone] = useState<Span | undefined>();
  useEffect(() => {
    setGone(told?.in ? undefined : told);
    if (!told) return;
    const timers = [told, ...(told.later ?? [])].flatMap((span) => [
      setTimeout(() => setGone(span), Math.min(span.in ?? 0, longest)),
      ...(span.for ? [setTimeout(() => setGone(undefined), Math.min(span.for, longest))] : []),
    ]);
    return () => timers.forEach(clearTimeout);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- each welcome tells it anew, from when it came
  }, [session.state.site]);
  const now = Date.now() + session.state.ahead;
  const [, drawAgain] = useState(0);
  useEffect(() => {
    // What was "tomorrow" is "today" after midnight.
    const timer = setTimeout(() => drawAgain(now), new Date(now).setHours(24, 0, 0, 0) - now);
    return () => clearTimeout(timer);
  });
  if (!told || !gone) return null;
  const back = told.back && gone.for && told.back + gone.for - (told.for ?? 0);
  return (
    <div class="away" role="status">
      <p dir="auto">{told.text}</p>
      {!!back && <p class="back">{rare.back(moment(back, variantOf(strings.tag), now))}</p>}
    </div>
  );
}

/** A moment to come, in the visitor's own time and as its country writes it: "tomorrow, 09:00". */
export function moment(at: number, tag: string, now = Date.now()): string {
  const date = new Date(at);
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / 86_400_000);
  const near = days === 0 || days === 1;
  const day = near
    ? new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }).format(days, 'day')
    : date.toLocaleDateString(tag, { weekday: 'long', ...(days > 6 && { day: 'numeric', month: 'long' }) });
  return `${day}${comma(tag)}${date.toLocaleTimeString(tag, { hour: 'numeric', minute: '2-digit' })}`;
}

/** A number that a Date can be of, or none. */
const fit = (n: unknown): boolean => n === undefined || (Number.isFinite(n) && Math.abs(n as number) < 8.64e15);

/** What the wire told, if it can be shown. */
function checked(told: unknown): Told | undefined {
  if (typeof told !== 'object' || !told) return undefined;
  const { text, back, later = [] } = told as Told;
  const fits = typeof text === 'string' && fit(back) && Array.isArray(later) && [told as Span, ...later].every((span: Span | null) => span && fit(span.in) && fit(span.for));
  return fits ? (told as Told) : undefined;
}
