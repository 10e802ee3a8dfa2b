// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { ComponentChildren } from 'preact';
import { act } from 'preact/test-utils';
import { describe, expect, it, vi } from 'vitest';
import * as reader from '../src/chat/extras/html';
import { pieces } from '../src/chat/extras/links';
import { linked, rich as richIn } from '../src/chat/extras/rich';
import { Body } from '../src/chat/ui/Body';
import type { Item } from '../src/chat/ui/view';
import { rare } from '../src/i18n/en.rare';
import { inside } from './inside';

vi.mock('../src/chat/extras/html', { spy: true });

function html(content: ComponentChildren): string {
  const box = document.createElement('div');
  render(<div>{content}</div>, box);
  return box.firstElementChild?.innerHTML ?? '';
}
const rich = (text: string): ComponentChildren => richIn(text, rare);
/** How many milliseconds of this process it takes: a machine that is busy with others spends no more of those. */
function cost(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
const links = (text: string): string[] => pieces(text).flatMap((p) => (p.href ? [p.text] : []));

describe('links in plain text', () => {
  it.each([
    ['see https://example.com/a?b=c#d.', ['https://example.com/a?b=c#d']],
    ['(https://example.com/a(b))', ['https://example.com/a(b)']],
    ['«https://пример.рф/путь»', ['https://пример.рф/путь']],
    ['mail me@example.com, please', ['me@example.com']],
    ['mailto:me@example.com', ['mailto:me@example.com']],
    ['javascript:alert(1) data:text/html,x ftp://example.com', []],
    ['no links: 10:30, a.b, @name', []],
  ])('%s', (text, found) => {
    expect(links(text)).toEqual(found);
  });

  it.each([
    ['letters', 'A'.repeat(100_000)],
    ['addresses without an end', 'a@'.repeat(50_000)],
    ['dots', 'a.'.repeat(50_000)],
    ['a host without a dot', `a@${'b'.repeat(100_000)}`],
    ['brackets', `https://a.example/${')'.repeat(100_000)}`],
  ])('are found in long texts of %s as fast as in short ones', (_, text) => {
    // In the square of their length they would take minutes.
    expect(cost(() => pieces(text.repeat(4)))).toBeLessThan(10_000);
  });

  it('lose no character of the text', () => {
    const text = 'a https://x.example, b me@x.example. c <b>';
    expect(pieces(text).map((p) => p.text).join('')).toBe(text);
  });

  it('open apart from the page and tell it nothing', () => {
    expect(html(linked('https://x.example/'))).toBe(
      '<a href="https://x.example/" target="_blank" rel="noopener noreferrer nofollow">https://x.example/</a>',
    );
  });
});

describe('formatted text', () => {
  it('keeps formatting', () => {
    expect(html(rich('<p>a <strong>b</strong></p><ol start="3"><li>c</li></ol>'))).toBe(
      '<p>a <strong>b</strong></p><ol start="3"><li>c</li></ol>',
    );
  });

  it.each([
    ['<img src=x onerror=alert(1)>', ''],
    ['<script>alert(1)</script>a', 'a'],
    ['<svg><title>b</title></svg>a', 'a'],
    ['<b onclick="alert(1)" style="color:red" class="x">a</b>', '<b>a</b>'],
    ['<a href="javascript:alert(1)">a</a>', 'a'],
    ['<iframe></iframe><object></object>a', 'a'],
    ['<form><input><button>a</button></form>', 'a'],
    ['<mx-reply>quoted</mx-reply>a', 'a'],
    ['<h1>a</h1>', '<p><strong>a</strong></p>'],
    ['a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#39; &#x1F375; &#0;&#xD800; &nope;', 'a &lt;b&gt; &amp;amp; "c" \'d\' 🍵 \uFFFD\uFFFD &amp;nope;'],
    ['a < b and <3 <>', 'a &lt; b and &lt;3 &lt;&gt;'],
    ['<B>a</B><!-- <i>b</i> --><br/>c<br>', '<b>a</b><br>c<br>'],
    ['<b>a<i>b</b>c', '<b>a<i>b</i></b>c'],
    ['</p>a</b>', 'a'],
    ['<ul><li>a<li>b<ul><li>c</ul></ul>d', '<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d'],
    ['<table><tr><td>a<td>b<tr><th>c</table>', '<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>'],
    ['<a href="https://x.example/?a=1&amp;b=2">a <b>c</b></a>', '<a href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">a c</a>'],
    ['<a href="java&#115;cript:alert(1)">a</a>', 'a'],
  ])('%s becomes %s', (input, output) => {
    expect(html(rich(input))).toBe(output);
  });

  it.each([
    ['tags without an end', '<b'.repeat(50_000)],
    ['attributes without an end', `<b ${'a="'.repeat(50_000)}`],
    ['spaces in a tag', `<b${' '.repeat(100_000)}`],
    ['attributes', `<b ${'a '.repeat(50_000)}`],
    ['comments', '<!--'.repeat(50_000)],
    ['elements in elements', '<b>'.repeat(50_000)],
    ['ends', '</b>'.repeat(50_000)],
  ])('is read from long texts of %s as fast as from others, and drawn', (_, text) => {
    let nodes: readonly unknown[] = [];
    // The square of this would be minutes.
    expect(cost(() => (nodes = reader.read(text)))).toBeLessThan(8000);
    expect(() => html(rich(text.slice(0, 2000)))).not.toThrow();
    expect(nodes.length).toBeGreaterThanOrEqual(0);
  });

  it.each(['a click', 'Enter', ' '])('hides a spoiler until %s', async (how) => {
    const box = document.createElement('div');
    document.body.append(box);
    render(<div>{rich('a <span data-spoiler="">b <em>c</em></span>')}</div>, box);
    const spoiler = box.querySelector<HTMLElement>('[role=button]');
    expect(spoiler?.getAttribute('aria-label')).toBe('Hidden text. Show it');
    expect(spoiler?.tabIndex).toBe(0);
    expect(spoiler?.firstElementChild?.hasAttribute('inert')).toBe(true);
    spoiler?.dispatchEvent(how === 'a click' ? new MouseEvent('click') : new KeyboardEvent('keydown', { key: how, cancelable: true }));
    await vi.waitFor(() => expect(box.querySelector('[role=button]')).toBeNull());
    expect(box.querySelector('[inert]')).toBeNull();
    expect(box.textContent).toBe('a b c');
    box.remove();
  });
});

describe('a message with formatting', () => {
  const box = document.createElement('div');
  const draw = async (text: string, formatted?: string, prefix: string | false = false): Promise<void> => {
    await act(() => render(<Body item={{ text, html: formatted, own: false } as Item} prefix={prefix} />, box));
  };

  it('of somebody who does something says who', async () => {
    inside({});
    await draw('waves both hands', 'waves <b>both</b> hands', '* Ann ');
    expect(box.textContent).toBe('* Ann waves both hands');
    expect(box.querySelector('b')?.textContent).toBe('both');
  });

  it('is read once, however often the window is drawn', async () => {
    inside({});
    const parse = vi.spyOn(reader, 'read');
    parse.mockClear();
    for (let i = 0; i < 5; i++) await draw('a text', 'a <b>text</b>');
    expect(parse).toHaveBeenCalledTimes(1);
  });
});
