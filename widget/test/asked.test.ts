import { describe, expect, it } from 'vitest';
import { Asked } from '../src/chat/asked';

const upload = (cid: string) => ({ t: 'upload', cid, name: 'a.txt', type: 'text/plain', size: 1 }) as const;
const fails = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (e: Error) => e.message);

describe('questions about files', () => {
  it('get their own answers', async () => {
    const asked = new Asked(() => true);
    const [one, url, two] = [asked.ask(upload('1')), asked.ask({ t: 'file', file: 'f' }), asked.ask(upload('2'))];
    for (const cid of ['2', '1']) asked.answer({ t: 'upload', cid, file: `f${cid}`, url: 'u' });
    asked.answer({ t: 'file', file: 'f', url: 'v' });
    expect(await Promise.all([one, url, two])).toMatchObject([{ file: 'f1' }, { url: 'v' }, { file: 'f2' }]);
  });

  it('fail by their key; one for a URL by an error without a key', async () => {
    const asked = new Asked(() => true);
    const [one, url] = [fails(asked.ask(upload('1'))), fails(asked.ask({ t: 'file', file: 'f' }))];
    expect(asked.refused({ t: 'error', code: 'too_large', text: '', cid: '9' })).toBe(false);
    expect(asked.refused({ t: 'error', code: 'too_large', text: '', cid: '1' })).toBe(true);
    expect(asked.refused({ t: 'error', code: 'unknown_file', text: '' })).toBe(true);
    expect(await Promise.all([one, url])).toEqual(['too_large', 'unknown_file']);
    expect(asked.refused({ t: 'error', code: 'unknown_file', text: '' })).toBe(false);
  });

  it('fail one by one for URLs, and not by what ends the session', async () => {
    const asked = new Asked(() => true);
    const [one, two] = [fails(asked.ask({ t: 'file', file: 'gone' })), asked.ask({ t: 'file', file: 'here' })];
    expect(asked.refused({ t: 'error', code: 'signed_out', text: '' })).toBe(false);
    expect(asked.refused({ t: 'error', code: 'unknown_file', text: '' })).toBe(true);
    asked.answer({ t: 'file', file: 'here', url: 'v' });
    expect([await one, await two]).toEqual(['unknown_file', { t: 'file', file: 'here', url: 'v' }]);
  });

  it('fail when there is no link, or it is lost', async () => {
    const asked = new Asked(() => true);
    const one = fails(asked.ask(upload('1')));
    asked.lost();
    expect(await one).toBe('offline');
    expect(await fails(new Asked(() => false).ask(upload('2')))).toBe('offline');
  });
});
