import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { fill } from '../stack/fill';
import { meet, test } from '../stack/fixtures';
import { Visitor } from '../stack/visitor';
import { Others } from './others';

/** Each widget is measured so often, in turns; the medians are told. */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
/** The processor of a phone: so many times slower than this one. */
const slowDown = 4;
/** Nothing comes any more after so many quiet milliseconds. */
const quiet = 600;
const patience = 60_000;
/** A dialog of years. */
const many = 5000;
/** A widget that does not hold them within so many milliseconds is said not to. */
const manyWithin = 240_000;

/** A visitor who has written before: the widget goes on with that dialog by itself. */
const ongoing = 'Anteroom, in a dialog';

/** A widget: what the page loads of it, and what is open when it is open. */
interface Widget {
  readonly name: string;
  readonly scripts: string[];
  readonly styles?: string[];
  /** Presses its button, and waits until a visitor can write. */
  open?(page: Page): Promise<void>;
  /** Visits the shop before, once it is open, and leaves what is to be found again. */
  begin?(page: Page): Promise<void>;
}

/** What a state of the page costs: bytes and requests of the widget, milliseconds of the processor. */
interface Cost {
  bytes: number;
  requests: number;
  scripting: number;
  /** The time of tasks beyond 50 ms, in which the page does not answer. */
  blocked: number;
  longest: number;
  /** How much moved on the page by itself: the sum of layout shifts' scores. */
  shift: number;
}

type Sample = Record<'before' | 'opened', Cost> & { memory: number };

/** What a page holds with a dialog of years open in it, beside the page alone. */
interface Weight {
  readonly heap: number;
  readonly nodes: number;
  /** How many of the messages the widget has come to hold. */
  readonly held: number;
}

test('What the widget costs a page, beside others', async ({ browser, facts, operator }) => {
  const others = await Others.start(['botpress.js', 'botpress.css', 'deep-chat.js', 'typebot.js']);
  const ours = {
    scripts: [`${facts.public_url}/v1/${facts.site}.js`],
    open: async (page: Page) => {
      await page.getByRole('button', { name: /open chat/i }).click();
      await page.getByRole('textbox', { name: 'Message' }).waitFor();
    },
  };
  const widgets: Widget[] = [
    { name: 'the page alone', scripts: [] },
    { name: 'Anteroom', ...ours },
    {
      name: ongoing,
      ...ours,
      begin: async (page) => {
        await page.getByRole('textbox', { name: 'Message' }).fill('Is the blue bowl still there?');
        await page.keyboard.press('Enter');
        await page.getByText('Sent', { exact: true }).waitFor({ state: 'attached' });
        await page.keyboard.press('Escape');
      },
    },
    {
      name: 'deep-chat',
      scripts: [`${others.url}/deep-chat.js`],
      open: async (page) => {
        await page.getByRole('button', { name: /open chat/i }).click();
        await page.locator('#text-input').waitFor();
      },
    },
    {
      name: 'Botpress webchat',
      scripts: [`${others.url}/botpress.js`],
      styles: [`${others.url}/botpress.css`],
      open: async (page) => {
        await page.getByRole('button', { name: /open chat/i }).click();
        await page.getByPlaceholder('Message').waitFor();
      },
    },
    {
      name: 'Typebot',
      scripts: [`${others.url}/typebot.js`],
      open: async (page) => {
        await page.getByRole('button', { name: /open chat/i }).click();
        await page.getByPlaceholder('Message').waitFor();
      },
    },
  ];
  const samples = new Map<string, Sample[]>(widgets.map((w) => [w.name, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const widget of widgets) samples.get(widget.name)?.push(await measure(browser, facts.visitor_url, facts.public_url, widget));
    }
    const weights = new Map<string, Weight>();
    for (const { name, scripts, ...rest } of widgets) {
      if (name === ongoing) continue;
      const own = scripts[0]?.startsWith(facts.public_url);
      const weight = await weigh(browser, facts.visitor_url, facts.public_url, { name, scripts: own ? scripts : scripts.map((url) => `${url}?messages=${many}`), ...rest }, async (page) => {
        if (!own) return;
        const visitor = new Visitor(page);
        await fill(facts, await meet(visitor, operator, 'The first of thousands'), many);
        await page.reload();
      });
      weights.set(name, weight);
      // What is measured is kept, should the next one not come to an end.
      await tell(widgets, samples, weights);
    }
  } finally {
    others.stop();
  }
});

/** Opens a widget whose dialog has thousands of messages, waits until it holds them, and weighs the page. One run: a heap that was just collected hardly differs. */
async function weigh(browser: Browser, url: string, bridge: string, widget: Widget, prepare: (page: Page) => Promise<void>): Promise<Weight> {
  const context = await browser.newContext({ bypassCSP: true, locale: 'en-GB' });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  if (!widget.scripts[0]?.startsWith(bridge)) {
    await devtools.send('Network.enable');
    await devtools.send('Network.setBlockedURLs', { urls: [`${bridge}/*`] });
    await page.addInitScript(insert, { scripts: widget.scripts, styles: widget.styles ?? [] });
  }
  await page.goto(url, { waitUntil: 'load' });
  if (widget.open) await prepare(page);
  // It is open already where the window followed to the page.
  if (widget.open && !(await page.getByRole('group', { name: 'Messages' }).isVisible())) await widget.open(page).catch(() => undefined);
  const held = widget.open ? await holds(page, many) : 0;
  await devtools.send('HeapProfiler.collectGarbage');
  const { JSHeapUsedSize: heap = 0, Nodes: nodes = 0 } = await metrics(devtools);
  await context.close();
  return { heap, nodes, held };
}

/** How many messages a widget has, once that are all, or no more come. Ours has them as they are scrolled to. */
async function holds(page: Page, all: number): Promise<number> {
  const began = Date.now();
  const earlier = page.getByRole('button', { name: 'Earlier messages' });
  let held = 0;
  while (held < all && Date.now() - began < manyWithin) {
    held = await page.evaluate(async (pause) => {
      // All roots: the widgets' own elements have shadow roots.
      const roots: ParentNode[] = [document];
      for (const root of roots) for (const e of root.querySelectorAll('*')) if (e.shadowRoot) roots.push(e.shadowRoot);
      const ours = document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('.log');
      if (ours) ours.scrollTop = 0;
      await new Promise((passed) => setTimeout(passed, pause));
      const texts = roots.flatMap((root) => (root === document ? [document.body] : [...root.children])).map((e) => e.textContent ?? '');
      return new Set(texts.flatMap((text) => text.match(/Message \d+/g) ?? [])).size;
    }, 100);
    if ((await page.locator('anteroom-chat').count()) > 0) held = (await earlier.count()) > 0 || held === 0 ? 0 : all;
  }
  return held;
}

/** Loads the shop's page with a widget in it, and opens that. */
async function measure(browser: Browser, url: string, bridge: string, widget: Widget): Promise<Sample> {
  // The shop's policy names its own widget only.
  const context = await browser.newContext({ bypassCSP: true, locale: 'en-GB' });
  context.setDefaultTimeout(patience);
  if (widget.begin) {
    const former = await context.newPage();
    await former.goto(url, { waitUntil: 'load' });
    await widget.open?.(former);
    await widget.begin(former);
    await former.close();
  }
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  const traffic = await Traffic.watch(devtools, [bridge, ...widget.scripts]);
  if (widget.scripts[0]?.startsWith(bridge)) {
    await page.addInitScript(watch);
  } else {
    await devtools.send('Network.setBlockedURLs', { urls: [`${bridge}/*`] });
    await page.addInitScript(watch);
    await page.addInitScript(insert, { scripts: widget.scripts, styles: widget.styles ?? [] });
  }
  await page.goto(url, { waitUntil: 'load' });
  if (widget.open) await page.getByRole('button', { name: /open chat/i }).waitFor();
  await traffic.quiet();
  const before = await state(page, devtools, traffic);
  await widget.open?.(page);
  await traffic.quiet();
  const opened = await state(page, devtools, traffic);
  await devtools.send('HeapProfiler.collectGarbage');
  const memory = (await metrics(devtools))['JSHeapUsedSize'] ?? 0;
  await context.close();
  return { before, opened, memory };
}

/** What the page keeps of itself while it is measured. */
interface Watched {
  /** How long its tasks are that take over 50 ms. */
  readonly long: number[];
  /** The scores of layout shifts, those beside a press among them. */
  readonly shifts: number[];
}

/** Runs in the page. */
function watch(): void {
  const watched: Watched = { long: [], shifts: [] };
  Object.assign(window, { watched });
  new PerformanceObserver((list) => watched.long.push(...list.getEntries().map((task) => task.duration))).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => watched.shifts.push(...list.getEntries().map((shift) => (shift as PerformanceEntry & { value: number }).value))).observe({ type: 'layout-shift', buffered: true });
}

/** Runs in the page: puts a widget in as its documentation says. */
function insert({ scripts, styles }: { scripts: string[]; styles: string[] }): void {
  document.addEventListener('DOMContentLoaded', () => {
    for (const href of styles) document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
    for (const src of scripts) document.head.append(Object.assign(document.createElement('script'), { type: 'module', src }));
  });
}

async function state(page: Page, devtools: CDPSession, traffic: Traffic): Promise<Cost> {
  const { long, shifts } = await page.evaluate(() => {
    const { watched } = window as unknown as { watched: Watched };
    return { long: watched.long.splice(0), shifts: watched.shifts.splice(0) };
  });
  return {
    bytes: traffic.bytes,
    requests: traffic.requests,
    scripting: ((await metrics(devtools))['ScriptDuration'] ?? 0) * 1000,
    blocked: long.reduce((sum, ms) => sum + ms - 50, 0),
    longest: Math.max(0, ...long),
    shift: shifts.reduce((sum, score) => sum + score, 0),
  };
}

async function metrics(devtools: CDPSession): Promise<Record<string, number>> {
  const { metrics: all } = await devtools.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** Counts what goes to a widget's servers: every response, as it comes over the wire, and sockets as requests. */
class Traffic {
  bytes = 0;
  requests = 0;
  readonly #open = new Set<string>();
  #last = Date.now();

  private constructor() {}

  static async watch(devtools: CDPSession, servers: string[]): Promise<Traffic> {
    const traffic = new Traffic();
    const hosts = new Set(servers.map((url) => new URL(url).host));
    const begin = (id: string): void => {
      traffic.requests++;
      traffic.#open.add(id);
      traffic.#last = Date.now();
    };
    const end = (id: string, bytes: number): void => {
      if (!traffic.#open.delete(id)) return;
      traffic.bytes += bytes;
      traffic.#last = Date.now();
    };
    devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (hosts.has(new URL(request.url).host)) begin(requestId);
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => end(requestId, encodedDataLength));
    devtools.on('Network.loadingFailed', ({ requestId, blockedReason }) => {
      if (traffic.#open.has(requestId) && blockedReason) traffic.requests--;
      end(requestId, 0);
    });
    devtools.on('Network.webSocketCreated', ({ requestId }) => {
      begin(requestId);
      traffic.#open.delete(requestId); // it has no end
    });
    devtools.on('Network.webSocketFrameReceived', ({ response }) => {
      traffic.bytes += response.payloadData.length;
      traffic.#last = Date.now();
    });
    await devtools.send('Network.enable');
    return traffic;
  }

  /** Waits until nothing has come for a while. */
  async quiet(): Promise<void> {
    while (this.#open.size > 0 || Date.now() - this.#last < quiet) {
      await new Promise((passed) => setTimeout(passed, quiet / 10));
    }
  }
}

const kib = 1024;

/** Browsers tell of tasks over 50 ms only. */
const longest = (ms: number): string => (ms > 0 ? `${ms.toFixed(0)} ms` : 'under 50 ms');

/** Writes the table that "make bench" shows, and the same for build/bench.json. */
async function tell(widgets: Widget[], samples: Map<string, Sample[]>, weights: Map<string, Weight>): Promise<void> {
  const median = (name: string, of: (s: Sample) => number): number => {
    const values = (samples.get(name) ?? []).map(of).toSorted((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? 0;
  };
  const [page, ...rest] = widgets.map((w) => w.name);
  const above = (name: string, of: (s: Sample) => number): string =>
    Math.max(0, median(name, of) - median(page ?? '', of)).toFixed(0);
  const table = (what: string, cells: (name: string) => string[], ...head: string[]): string => {
    const rows = [['widget', ...head], ['---', ...head.map(() => '---')], ...rest.map((name) => [name, ...cells(name)])];
    return `${what}\n\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  };
  const before = table(
    'Before the click',
    (name) => [
      `${median(name, (s) => s.before.requests)}`,
      `${(median(name, (s) => s.before.bytes) / kib).toFixed(1)} KiB`,
      `${above(name, (s) => s.before.scripting)} ms`,
      `${above(name, (s) => s.before.blocked)} ms`,
      longest(median(name, (s) => s.before.longest)),
      median(name, (s) => s.before.shift).toFixed(3),
    ],
    'requests',
    'bytes',
    'scripting',
    'blocked',
    `longest task (of the page alone: ${longest(median(page ?? '', (s) => s.before.longest))})`,
    'layout shift',
  );
  const opened = table(
    'Open',
    (name) => [
      `${median(name, (s) => s.opened.requests)}`,
      `${(median(name, (s) => s.opened.bytes) / kib).toFixed(1)} KiB`,
      `${above(name, (s) => s.opened.scripting - s.before.scripting)} ms`,
      `${median(name, (s) => s.opened.blocked).toFixed(0)} ms`,
      longest(median(name, (s) => s.opened.longest)),
      median(name, (s) => s.opened.shift).toFixed(3),
      `${((median(name, (s) => s.memory) - median(page ?? '', (s) => s.memory)) / kib / kib).toFixed(1)} MiB`,
    ],
    'requests',
    'bytes',
    'scripting at the click',
    'blocked',
    'longest task',
    'layout shift',
    'memory',
  );
  const alone = weights.get(page ?? '');
  const years = table(
    `With ${many.toLocaleString('en')} messages`,
    (name) => {
      const weight = weights.get(name);
      if (!weight || !alone) return ['', '', name === ongoing ? 'as above' : ''];
      const memory = `${((weight.heap - alone.heap) / kib / kib).toFixed(1)} MiB`;
      return [memory, `${weight.nodes - alone.nodes}`, weight.held >= many ? 'all' : `${weight.held} after ${manyWithin / 1000} s`];
    },
    'memory',
    'nodes of the document',
    'messages held',
  );
  const folder = resolve('../build/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'widgets.md'), `${before}\n${opened}\n${years}`);
  const over = (name: string, of: (s: Sample) => number): number => Math.max(0, median(name, of) - median(page ?? '', of));
  const figures = rest.map((name) => ({
    name,
    rounds: samples.get(name)?.length ?? 0,
    before: {
      requests: median(name, (s) => s.before.requests),
      bytes: median(name, (s) => s.before.bytes),
      scripting: over(name, (s) => s.before.scripting),
      blocked: over(name, (s) => s.before.blocked),
    },
    opened: {
      requests: median(name, (s) => s.opened.requests),
      bytes: median(name, (s) => s.opened.bytes),
      scripting: over(name, (s) => s.opened.scripting - s.before.scripting),
      blocked: median(name, (s) => s.opened.blocked),
      longest: median(name, (s) => s.opened.longest),
    },
    memory: over(name, (s) => s.memory),
    // Nothing of what was not weighed (yet).
    thousands: weights.has(name) && alone ? (weights.get(name)?.heap ?? 0) - alone.heap : undefined,
  }));
  await writeFile(join(folder, 'widgets.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
}
