import { expect, it } from 'vitest';
import { remember } from '../src/chat/history/kept';
import type { Entry } from '../src/chat/entry';
import type { Outbox } from '../src/chat/outbox';
import { emptyTimeline, fold } from '../src/chat/timeline';
import { items, made } from '../src/chat/ui/view';
import type { Durable } from '../src/chat/wire';
import { seeded } from './random';

const plain = made.by;
const anna = { party: 'operator', id: 'o1', name: 'Anna' };
const visitor = { party: 'visitor' };

it('what is kept reads as what is laid out anew, whatever happens in whatever order', { timeout: 30_000 }, () => {
  remember();
  const kept = made.by;
  for (let seed = 1; seed <= 12; seed++) {
    const random = seeded(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    let timeline = emptyTimeline;
    let outbox: Outbox = [];
    let seen = 0;
    const entries: Entry[] = [];
    for (let seq = 1; seq <= 40; seq++) {
      const target = entries.length > 0 ? pick(entries).id : undefined;
      const kind = target ? pick(['message', 'message', 'edit', 'reaction', 'redaction']) : 'message';
      const entry: Entry = { id: `e${seq}`, seq, kind, at: seq, author: pick([anna, visitor]), text: `t${seq}`, key: '👍', ...(kind !== 'message' && target && { target }) };
      entries.push(entry);
      timeline = fold(timeline, [entry]);
      if (random() < 0.3) seen = Math.max(seen, Math.floor(random() * seq));
      if (random() < 0.3 && target) {
        const cid = `c${seq}`;
        const frame = pick<Durable>([{ t: 'edit', cid, target, text: `own ${seq}` }, { t: 'redact', cid, target }, { t: 'reaction', cid, target, key: '❤️' }]);
        outbox = outbox.concat({ frame, at: seq, tab: 't' });
      } else if (random() < 0.3) outbox = outbox.slice(1);
      const ended = random() < 0.1;
      made.by = kept;
      const now = items(timeline, outbox, seen, ended);
      made.by = plain;
      expect(now, `seed ${seed}, ${seq}`).toEqual(items(timeline, outbox, seen, ended));
      made.by = kept;
      // Only what something was said about is another object.
      const again = items(timeline, outbox, seen, ended);
      const targets = new Set(outbox.map(({ frame }) => ('target' in frame ? frame.target : '')));
      const others = now.filter(({ id = '' }, i) => again[i] !== now[i] && !targets.has(id) && !timeline.about.get(id)?.some((e) => targets.has(e.id)));
      expect(others).toEqual([]);
    }
  }
});
