// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asks, begin, choose, end, next, put, puts, scene, settled, waited } from './uploading';

const lost = (): string[] => scene.uploads.lost.map(({ name }) => name);
/** The tab goes on to its next page. */
const leave = (): Promise<unknown> => {
  scene.uploads.end();
  scene.uploads = next();
  return waited();
};

describe('files whose page is left', () => {
  beforeEach(begin);
  afterEach(end);

  it('let the browser ask before their page is left, and only then', async () => {
    expect(asks()).toBe(false);
    await choose('a', 'b');
    expect(asks()).toBe(true);
    put('a').answers(204);
    await settled();
    expect(asks()).toBe(true);
    put('b').answers(415, '{"code":"bad_file_type"}');
    await settled();
    expect(asks()).toBe(false);
  });

  it('are known by name on the next page, which is told of each until it is chosen again or seen', async () => {
    await choose('a', 'b.txt', 'c');
    put('a').answers(204);
    await settled();
    await leave();
    expect(lost()).toEqual(['b.txt', 'c']);
    await choose('c');
    expect(lost()).toEqual(['b.txt']);
    await leave();
    expect(lost()).toEqual(['b.txt', 'c']);
    for (const each of scene.uploads.lost) scene.uploads.forget(each);
    await leave();
    expect(lost()).toEqual([]);
  });

  it('that are chosen and not on their way yet are asked for, and known by name, as those are', async () => {
    scene.uploads.hold([new File(['x'], 'large.jpg')]);
    await choose('a');
    put('a').answers(204);
    await settled();
    expect(asks()).toBe(true);
    // Also when a sign-in takes the window away, which waits for what has a place only.
    await leave();
    expect(asks()).toBe(false);
    expect(lost()).toEqual(['large.jpg']);
    scene.uploads.found(new File(['x'], 'large.jpg'));
    scene.uploads.hold([new File(['x'], 'large.jpg')]);
    expect(lost()).toEqual([]);
    scene.uploads.hold([]);
    expect(asks()).toBe(false);
    await leave();
    expect(lost()).toEqual([]);
  });

  it('of one name are two, also on the next page', async () => {
    await choose('image.jpg', 'image.jpg');
    await leave();
    expect(lost()).toEqual(['image.jpg', 'image.jpg']);
    await choose('image.jpg');
    expect(lost()).toEqual(['image.jpg']);
    await leave();
    scene.uploads.forget(scene.uploads.lost[1]);
    expect(lost()).toEqual(['image.jpg']);
  });

  it('are not called lost in a copy of their tab, which has its storage, while they are on their way', async () => {
    await choose('a');
    const original = scene.uploads;
    scene.uploads = next();
    await waited();
    expect(lost()).toEqual([]);
    // Nor on the copy's own next page.
    await leave();
    expect(lost()).toEqual([]);
    await choose('b');
    await leave();
    expect(lost()).toEqual(['b']);
    original.end();
  });

  it('are known by name also where pages cannot ask one another', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    await choose('a');
    await leave();
    expect(lost()).toEqual(['a']);
  });

  it('go where the browser forbids pages to ask one another', async () => {
    vi.stubGlobal('BroadcastChannel', function () {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    });
    await choose('a');
    expect(puts()).toEqual(['a']);
  });
});
