import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { add, mark, next } from '../src/chat/outbox';
import type { Outbox } from '../src/chat/outbox';
import { ackWithin, Sending } from '../src/chat/sending';

describe('sending', () => {
  let box: Outbox;
  let sent: string[];
  let online: boolean;
  let sending: Sending;
  const stuck = vi.fn<() => void>();

  const write = (cid: string): void => {
    box = add(box, { frame: { t: 'message', cid, text: cid }, at: box.length, tab: 'mine' });
    sending.flush();
  };
  const acked = (cid: string): void => {
    box = mark(box, cid, { acked: { t: 'ack', cid, id: `id-${cid}`, seq: 1, at: 1 } });
    sending.answered(cid);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    [box, sent, online] = [[], [], true];
    stuck.mockClear();
    sending = new Sending({
      next: () => next(box, 'mine', 0),
      say: (frame) => {
        if (online && 'cid' in frame) sent.push(frame.cid);
        return online;
      },
      stuck,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('has one frame in flight at a time', () => {
    for (const cid of ['a', 'b', 'c']) write(cid);
    expect(sent).toEqual(['a']);
    acked('a');
    expect(sent).toEqual(['a', 'b']);
  });

  it('keeps the order when the first is asked to come later: all others wait behind it', () => {
    write('a');
    write('b');
    sending.later(2000);
    write('c');
    vi.advanceTimersByTime(1999);
    expect(sent).toEqual(['a']);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual(['a', 'a']);
    acked('a');
    acked('b');
    acked('c');
    expect(sent).toEqual(['a', 'a', 'b', 'c']);
  });

  it('keeps the order also when the link is lost and comes back during that time', () => {
    write('a');
    write('b');
    sending.later(2000);
    sending.lost();
    sending.flush();
    expect(sent).toEqual(['a']);
    vi.advanceTimersByTime(2000);
    expect(sent).toEqual(['a', 'a']);
  });

  it('sends what was in flight again on the next link', () => {
    write('a');
    online = false;
    sending.lost();
    write('b');
    expect(sent).toEqual(['a']);
    online = true;
    sending.flush();
    expect(sent).toEqual(['a', 'a']);
  });

  it('takes a link that does not acknowledge for a dead one, and only then', () => {
    write('a');
    vi.advanceTimersByTime(ackWithin - 1);
    expect(stuck).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(stuck).toHaveBeenCalledTimes(1);
    acked('a');
    vi.advanceTimersByTime(10 * ackWithin);
    expect(stuck).toHaveBeenCalledTimes(1);
  });
});
