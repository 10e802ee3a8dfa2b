// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answering, editing } from '../src/chat/extras/about';
import type { Session } from '../src/chat/session';
import type { Draft, State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import { Composer } from '../src/chat/ui/Composer';
import type { About } from '../src/chat/ui/Composer';
import { items } from '../src/chat/ui/view';
import type { Item } from '../src/chat/ui/view';
import { inside } from './inside';

const box = document.createElement('div');
const timeline = fold(emptyTimeline, [{ id: 'e1', seq: 1, kind: 'message', at: 1, author: { party: 'visitor' }, text: 'The first words' }]);
const area = (): HTMLTextAreaElement => box.querySelector('textarea') as HTMLTextAreaElement;
const isEmpty = (): boolean | undefined => box.querySelector('.send')?.classList.contains('empty');
const refused = items(
  timeline,
  [{ frame: { t: 'message', cid: 'c2', text: 'Too many words', reply_to: 'e1' }, at: 2, tab: 't', failed: 'too_long' }],
  0,
) as [Item, Item];

const writes = async (words: string): Promise<void> => {
  await act(() => {
    area().value = words;
    area().dispatchEvent(new Event('input', { bubbles: true }));
  });
};

const pastes = async (text: string, ...names: string[]): Promise<boolean> => {
  const event = new Event('paste', { bubbles: true, cancelable: true });
  const clipboardData = { files: names.map((name) => new File(['x'], name)), getData: () => text };
  Object.assign(event, { clipboardData });
  await act(() => void area().dispatchEvent(event));
  return event.defaultPrevented;
};

describe('the composer', () => {
  let about: About | undefined;
  let sent: Draft[];
  let files: string[];
  let maxFileSize: number;
  const discard = vi.fn<(cid: string) => void>();
  const session = { state: { timeline }, send: (draft: Draft) => sent.push(draft), say: () => true, discard };
  const draw = async (): Promise<void> => {
    const state = { timeline, site: { name: 's', max_length: 512, max_file_size: maxFileSize } } as State;
    await act(() => {
      render(
        <Composer
          state={state}
          about={about}
          onFiles={(chosen) => files.push(...[...chosen].map((f) => f.name))}
        />,
        box,
      );
    });
  };
  const turns = async (to: 'reply' | 'edit' | undefined, item = refused[0]): Promise<void> => {
    const talk = session as unknown as Session;
    about = to && (to === 'edit' ? editing(talk, item, 'Save') : answering(talk, item));
    await draw();
  };
  const presses = async (key: string, more: object = {}): Promise<void> => {
    await act(() => void area().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })));
    await draw();
  };

  beforeEach(async () => {
    render(null, box);
    sessionStorage.clear();
    [about, sent, files, maxFileSize] = [undefined, [], [], 1];
    discard.mockClear();
    inside(session, { compose: (to) => (about = to) });
    await draw();
  });

  it('sends nothing that shows nothing', async () => {
    await writes(' \u200b\u3164\u2800\n');
    expect(isEmpty()).toBe(true);
    await presses('Enter');
    expect(sent).toEqual([]);
    await writes(' \u200bx ');
    expect(isEmpty()).toBe(false);
    await presses('Enter');
    expect(sent).toEqual([{ t: 'message', text: '\u200bx' }]);
  });

  it.each<[string, () => Promise<void>, number]>([
    ['and saved', () => presses('Enter'), 1],
    ['and left alone', () => presses('Escape'), 0],
    ['and the answer to another one begun', () => turns('reply'), 0],
    ['and the bar over it closed', () => turns(undefined), 0],
  ])('keeps what is half-written while a message is edited, %s', async (_, ends, edits) => {
    await writes('Half a sent');
    await turns('edit');
    expect(area().value).toBe('The first words');
    await writes('Other words');
    await ends();
    expect(area().value).toBe('Half a sent');
    expect(sessionStorage.getItem('anteroom.shop.draft')).toBe('Half a sent');
    expect(sent).toHaveLength(edits);
  });

  it('gives back the words of a message that is too long, and sends them as another one', async () => {
    await writes('Half a sent');
    await turns('edit', refused[1]);
    expect(area().value).toBe('Too many words');
    await writes('Words');
    await presses('Enter');
    expect(discard).toHaveBeenCalledExactlyOnceWith('c2');
    expect(sent).toEqual([{ t: 'message', text: 'Words', reply_to: 'e1' }]);
    expect(area().value).toBe('Half a sent');
  });

  it.each([
    ['which the browser says', { isComposing: true }],
    ['which Safari says by the code', { keyCode: 229 }],
  ])('leaves Enter and Escape to an input method, %s', async (_, how) => {
    await writes('にほん');
    await presses('Enter', how);
    expect(sent).toEqual([]);
    await turns('reply');
    await presses('Escape', how);
    expect(about).toBeDefined();
  });

  describe('pasting', () => {
    it('from an office program is its words, not the picture of them', async () => {
      expect(await pastes('A1\tB1', 'image.png')).toBe(false);
      expect(files).toEqual([]);
    });

    it.each([
      ['a picture', ''],
      ['a file, with its name beside it', 'price list.txt'],
      ['a file, with its path beside it', '/home/anna/price list.txt'],
      ['a file, with its address beside it', 'file:///home/anna/price%20list.txt'],
    ])('of %s is the file', async (_, text) => {
      expect(await pastes(text, 'price list.txt')).toBe(true);
      expect(files).toEqual(['price list.txt']);
    });

    it('of a file does nothing where no files are taken', async () => {
      maxFileSize = 0;
      await draw();
      expect(await pastes('', 'image.png')).toBe(false);
      expect(files).toEqual([]);
    });
  });
});
