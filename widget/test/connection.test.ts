import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backoff, idle, isOver, step, times } from '../src/chat/connection';
import type { Connection, Effect, Input, Timer } from '../src/chat/connection';
import { seeded } from './random';

/** Runs inputs through the machine and gives the last state with its effects. */
function run(from: Connection, ...inputs: Input[]): { state: Connection; effects: readonly Effect[] } {
  let state = from;
  let effects: readonly Effect[] = [];
  for (const input of inputs) [state, effects] = step(state, input, 0.5);
  return { state, effects };
}
const start: Input = { type: 'start' };
const welcome: Input = { type: 'welcome' };
const closed: Input = { type: 'closed' };
const fires = (timer: Timer): Input => ({ type: 'timer', timer });
const online = run(idle, start, welcome).state;
const opens = (effects: readonly Effect[]): string | undefined => effects.flatMap((e) => (e.do === 'open' ? [e.via] : []))[0];
const waits = (effects: readonly Effect[], timer: Timer): number | undefined =>
  effects.flatMap((e) => (e.do === 'set' && e.timer === timer ? [e.ms] : []))[0];

/** Milliseconds until a lost link is tried again, by what chance said. */
const at = (random: number): number => step(online, closed, random)[1].flatMap((e) => (e.do === 'set' && e.timer === 'retry' ? [e.ms] : []))[0] ?? 0;

/** By what five links in a row are tried, all of which fail to open. */
function tries(state: Connection): (string | undefined)[] {
  return Array.from({ length: 5 }, () => {
    const { state: opened, effects } = run(state, fires('retry'));
    ({ state } = run(opened, closed));
    return opens(effects);
  });
}

describe('back-off', () => {
  it('doubles from 0.5 s to 30 s with jitter, and stays there', () => {
    expect([0, 1, 2, 3].map((n) => Math.round(backoff(n, 0.999)))).toEqual([500, 1000, 1999, 3998]);
    for (let attempt = 0; attempt < 40; attempt++) {
      for (const random of [0, 0.3, 0.999]) {
        const ms = backoff(attempt, random);
        expect(ms).toBeGreaterThanOrEqual(times.firstRetry);
        expect(ms).toBeLessThanOrEqual(times.lastRetry);
      }
    }
    expect(backoff(30, 0)).toBe(15_000);
  });
});

describe('the connection', () => {
  it('opens a WebSocket at the start and comes online with the welcome', () => {
    expect(opens(run(idle, start).effects)).toBe('socket');
    expect(online.phase).toBe('online');
  });

  it('comes back by itself, later each time', () => {
    const first = run(online, closed);
    expect(first.state.phase).toBe('waiting');
    const again = run(first.state, fires('retry'), welcome, closed);
    expect(waits(again.effects, 'retry')).toBeGreaterThan(waits(first.effects, 'retry') ?? Infinity);
  });

  it('comes back at a moment of its own where many have lost theirs at once', () => {
    const times10 = Array.from({ length: 10 }, (_, i) => at(i / 10)).toSorted((a, b) => a - b);
    // No second brings more than a half of them.
    for (const t of times10) expect(times10.filter((other) => other >= t && other < t + 1000).length).toBeLessThanOrEqual(5);
    expect(Math.max(...times10)).toBeLessThan(4000);
  });

  it('forgets the failures once the link was stable', () => {
    expect(run(online, closed, fires('retry'), welcome, fires('stable')).state.attempt).toBe(0);
  });

  it('comes back at once when the network or the page wakes', () => {
    const { state } = run(online, closed);
    expect(opens(run(state, { type: 'wake' }).effects)).toBe('socket');
    expect(opens(run(state, { type: 'visible', visible: true }).effects)).toBe('socket');
  });

  it('notices a half-open link: no pong, new socket', () => {
    const probed = run(online, { type: 'wake' });
    expect(probed.effects).toContainEqual({ do: 'ping' });
    expect(waits(probed.effects, 'pong')).toBe(times.pong);
    const lost = run(probed.state, fires('pong'));
    expect(lost.state.phase).toBe('waiting');
    expect(lost.effects).toContainEqual({ do: 'close' });
    const answered = run(probed.state, { type: 'pong' }).effects;
    expect(answered).toContainEqual({ do: 'set', timer: 'pong' });
    expect(waits(answered, 'ping')).toBe(times.ping);
  });

  it('finds a silent link within 20 s while the page is visible', () => {
    expect(waits(run(idle, start, welcome).effects, 'ping')).toBe(times.ping);
    expect(times.ping + times.pong).toBeLessThan(20_000);
    expect(run(online, fires('ping')).effects).toContainEqual({ do: 'ping' });
  });

  // Its title, sound and notification are for the visitor who looks elsewhere: on a link that is dead none of them comes.
  it('finds a silent link of a hidden page too, with few probes', () => {
    const hide: Input = { type: 'visible', visible: false };
    const hidden = run(online, hide);
    expect(waits(hidden.effects, 'ping')).toBe(times.hidden);
    expect(waits(run(idle, hide, start, welcome).effects, 'ping')).toBe(times.hidden);
    const probed = run(hidden.state, fires('ping'));
    expect(probed.effects).toContainEqual({ do: 'ping' });
    expect(waits(probed.effects, 'pong')).toBe(times.pong);
    expect(times.hidden + times.pong).toBeLessThan(40_000);
    // Timers that set timers run once a minute there; those that the gateway's answer sets do not.
    expect(waits(probed.effects, 'ping')).toBeUndefined();
    expect(waits(run(probed.state, { type: 'pong' }).effects, 'ping')).toBe(times.hidden);
    const lost = run(probed.state, fires('pong'));
    expect(lost.state.phase).toBe('waiting');
    expect(lost.effects).toContainEqual({ do: 'close' });
    // There is nothing to probe without a link, and who comes back to the page is not to wait for the next one.
    expect(run(hidden.state, { type: 'visible', visible: true }).effects).toContainEqual({ do: 'ping' });
    expect(run(lost.state, fires('ping')).effects).toEqual([]);
    expect(waits(run(hidden.state, { type: 'visible', visible: true }, { type: 'pong' }).effects, 'ping')).toBe(times.ping);
  });

  it('gives up on a socket that opens and says nothing', () => {
    const { state, effects } = run(idle, start, fires('welcome'));
    expect(state.phase).toBe('waiting');
    expect(effects).toContainEqual({ do: 'close' });
  });

  it('comes back by the rule that the protocol tells', () => {
    const rule: unknown = JSON.parse(readFileSync(new URL('../../bridge/gateway/wire/testdata/retry.json', import.meta.url), 'utf8'));
    expect({ first: times.firstRetry, last: times.lastRetry, spread: times.spread, welcome: times.welcome }).toEqual(rule);
  });

  it('takes the fall-back where WebSockets are let in and cut time and again', () => {
    const cut = [welcome, closed, fires('retry')];
    expect(opens(run(idle, start, ...cut, ...cut).effects)).toBe('socket');
    expect(opens(run(idle, start, ...cut, ...cut, ...cut).effects)).toBe('poll');
    // One that was stable in between begins the count anew.
    expect(opens(run(idle, start, ...cut, ...cut, welcome, fires('stable'), closed, fires('retry')).effects)).toBe('socket');
  });

  it('stays with WebSockets that the gateway itself asks to come again, before they are let in, too', () => {
    const asked: Input[] = [{ type: 'closed', code: 4000 }, fires('retry')];
    expect(opens(run(idle, start, ...asked, ...asked, ...asked).effects)).toBe('socket');
  });

  it('takes the fall-back at once when a WebSocket was swallowed', () => {
    const swallowed = run(idle, start, fires('welcome'), fires('retry'));
    expect(opens(swallowed.effects)).toBe('poll');
    // One that had worked was not blocked.
    expect(opens(run(online, { type: 'wake' }, fires('pong'), fires('retry')).effects)).toBe('socket');
  });

  it.each([
    ['refused', closed, 2000],
    ['swallowed', fires('welcome'), 9000],
  ] satisfies [string, Input, number][])('is past WebSockets that are %s within its time', (_, fails, within) => {
    let ms = 0;
    let [state, effects] = step(idle, start, 0.999);
    while (opens(effects) !== 'poll') {
      // What refuses does so at once; nothing else takes time but the timers.
      if (fails.type === 'timer') ms += waits(effects, 'welcome') ?? 0;
      [state, effects] = step(state, fails, 0.999);
      ms += waits(effects, 'retry') ?? 0;
      [state, effects] = step(state, fires('retry'), 0.999);
    }
    expect(ms).toBeLessThan(within);
  });

  it('takes the fall-back when WebSocket failed twice to open', () => {
    const once = run(idle, start, closed, fires('retry'));
    expect(opens(once.effects)).toBe('socket');
    const twice = run(once.state, closed, fires('retry'));
    expect(opens(twice.effects)).toBe('poll');
  });

  it('does not take a link that worked and broke for a blocked one', () => {
    const { effects } = run(online, closed, fires('retry'), welcome, closed, fires('retry'));
    expect(opens(effects)).toBe('socket');
  });

  it('tries a WebSocket that was stable for longer, as when the bridge restarts, before it takes the fall-back', () => {
    expect(tries(run(online, fires('stable'), closed).state)).toEqual(['socket', 'socket', 'socket', 'socket', 'poll']);
    // Where it is swallowed each try would cost 8 s.
    const swallowed = run(online, fires('stable'), closed, fires('retry'), fires('welcome'), fires('retry'));
    expect(opens(swallowed.effects)).toBe('poll');
  });

  it('takes a fall-back that fails too for an outage, and gives WebSocket two tries again', () => {
    const outage = run(idle, start, closed, fires('retry'), closed, fires('retry'), closed, fires('retry'));
    expect(opens(outage.effects)).toBe('socket');
    expect(opens(run(outage.state, closed, fires('retry')).effects)).toBe('socket');
    const swallowed = run(idle, start, fires('welcome'), fires('retry'));
    expect(opens(swallowed.effects)).toBe('poll');
    expect(opens(run(swallowed.state, fires('welcome'), fires('retry')).effects)).toBe('socket');
  });

  it('stays with a fall-back that worked, unless that had found a WebSocket meanwhile', () => {
    const { state } = run(idle, start, closed, fires('retry'), closed, fires('retry'), welcome);
    expect(opens(run(state, closed, fires('retry')).effects)).toBe('poll');
    const found = run(state, { type: 'found' });
    // However it is lost: cut, silent, or with the network.
    for (const lose of [{ type: 'closed', code: 1006 }, fires('pong'), closed] satisfies Input[]) {
      expect(opens(run(found.state, lose, fires('retry')).effects)).toBe('socket');
    }
    expect(waits(found.effects, 'stable')).toBe(times.stable);
    expect(tries(run(found.state, fires('stable'), closed).state)).toEqual(['socket', 'socket', 'socket', 'socket', 'poll']);
  });

  it.each([['refused', closed], ['swallowed', fires('welcome')]] satisfies [string, Input][])(
    'stays with a fall-back that worked while the bridge is away, and it is %s',
    (_, fails) => {
      let { state } = run(idle, start, closed, fires('retry'), closed, fires('retry'), welcome, fires('stable'), closed);
      const ways: unknown[] = [];
      for (let n = 0; n < 6; n++) {
        const again = run(state, fires('retry'));
        ways.push(opens(again.effects));
        ({ state } = run(again.state, fails));
      }
      expect(ways).toEqual(['poll', 'poll', 'poll', 'poll', 'poll', 'socket']);
    },
  );

  it('stops for good on 4001, and on errors that coming back does not mend', () => {
    const stopped = run(online, { type: 'closed', code: 4001, reason: 'signed_out' }).state;
    expect(stopped).toMatchObject({ phase: 'stopped', reason: 'signed_out' });
    expect(run(stopped, { type: 'wake' }, fires('retry'), start).state.phase).toBe('stopped');
    expect(run(online, { type: 'closed', reason: 'bad_origin' }).state.phase).toBe('stopped');
    expect(run(online, { type: 'closed', code: 4000 }).state.phase).toBe('waiting');
  });

  it('asks seldom whether a visitor is still shut out, and shows no sign of asking', () => {
    const shut: Input = { type: 'closed', code: 4001, reason: 'blocked' };
    const { state, effects } = run(online, shut);
    expect(isOver(state)).toBe(true);
    expect(waits(effects, 'retry')).toBe(times.blocked);
    for (const ask of [fires('retry'), { type: 'wake' }, { type: 'visible', visible: true }] as const) {
      const asked = run(state, ask);
      expect(opens(asked.effects)).toBe('socket');
      expect(isOver(asked.state)).toBe(true);
      // Two at a time are not asked for.
      expect(opens(run(asked.state, { type: 'wake' }).effects)).toBeUndefined();
      for (const no of [shut, { type: 'closed', code: 1006 }, fires('welcome')] as const) {
        const again = run(asked.state, no);
        expect(again.state).toMatchObject({ phase: 'stopped', reason: 'blocked' });
        expect(waits(again.effects, 'retry')).toBe(times.blocked);
      }
      expect(isOver(run(asked.state, welcome).state)).toBe(false);
    }
    // Nobody looks: the page waits until somebody does.
    expect(run(state, { type: 'visible', visible: false }, fires('retry')).effects).toEqual([]);
    expect(run(state, { type: 'closed', code: 4001 }, { type: 'wake' }).effects).toEqual([]);
  });

  it('waits as long as the gateway asks', () => {
    expect(waits(run(online, { type: 'closed', after: 60_000 }).effects, 'retry')).toBe(60_000);
  });

  it('always has a way on: whatever happens, it is stopped, or a timer is running', () => {
    const kinds: Input[] = [
      welcome,
      closed,
      { type: 'pong' },
      { type: 'wake' },
      { type: 'visible', visible: false },
      { type: 'visible', visible: true },
    ];
    const stuck: string[] = [];
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      const timers = new Set<Timer>();
      let [state, effects] = step(idle, start, random());
      for (let n = 0; n < 60; n++) {
        for (const e of effects) {
          if (e.do !== 'set') continue;
          if (e.ms) timers.add(e.timer);
          else timers.delete(e.timer);
        }
        const waitsFor = { connecting: 'welcome', waiting: 'retry', online: undefined, idle: undefined, stopped: undefined } as const;
        const needed = waitsFor[state.phase];
        if (needed && !timers.has(needed)) stuck.push(`seed ${seed}: ${state.phase} without ${needed}`);
        if (state.phase === 'online' && !timers.has('ping') && !timers.has('pong')) stuck.push(`seed ${seed}: never probed`);
        const running = [...timers];
        const timer = running[Math.floor(random() * running.length)];
        if (timer && random() < 0.5) {
          timers.delete(timer);
          [state, effects] = step(state, fires(timer), random());
        } else {
          [state, effects] = step(state, kinds[Math.floor(random() * kinds.length)] ?? closed, random());
        }
      }
    }
    expect(stuck).toEqual([]);
  });
});
