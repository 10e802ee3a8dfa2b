import type { BrowserContext, Page } from 'playwright-core';
import { picture } from './stack/files';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

/** Paths at the bridge that a page asks for, sockets among them, in their order; chunks by their names. */
function asked(page: Page, bridge: string): string[] {
  const paths: string[] = [];
  const keep = (url: string): void => {
    const { host, pathname } = new URL(url);
    if (host === new URL(bridge).host) paths.push(pathname.replace(/^\/widget\/(?:.*\/)?/, '').replace(/-[\w-]{6}\.js$/, ''));
  };
  page.on('request', (request) => keep(request.url()));
  page.on('websocket', (socket) => keep(socket.url()));
  return paths;
}

/** Has pages add up what moves on them by itself, and keep whether anybody counts. */
async function watchShifts(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const moved = { score: 0 };
    Object.assign(window, { moved });
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries() as (PerformanceEntry & { value: number })[]) moved.score += shift.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** The sum of the scores, those beside a press among them. */
const shift = (page: Page): Promise<number> => page.evaluate(() => (window as { moved?: { score: number } }).moved?.score ?? Infinity);
/** A tenth of what is called good: a picture's row grows once by so little. */
const unseen = 0.01;

describe('Before the button is pressed', () => {
  test('a new visitor costs one request', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const page = await context.newPage();
    const paths = asked(page, facts.public_url);
    await page.goto(facts.visitor_url, { waitUntil: 'networkidle' });
    await new Visitor(page).launcher.waitFor();
    expect(paths).toEqual([`${facts.site}.js`]);
  });

  test('an ongoing dialog loads the transport alone', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'One request for a dialog?');
    await visitor.seesState('One request', 'Sent');
    await visitor.close();
    const paths = asked(visitor.page, facts.public_url);
    await visitor.page.reload({ waitUntil: 'networkidle' });
    await eventually(() => paths, 'what is asked for', [`${facts.site}.js`, 'transport', `/v1/${facts.site}/socket`]);
    // The link is one that works: what is said now is told on the button.
    await dialog.says('Yes, and a socket');
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'the badge', 'Open chat, unread messages: 1');
  });
});

test('next to nothing moves by itself: on load, on open, when messages and a picture come, when the page is back', async ({ profiles, operator, facts }) => {
  const context = await profiles.fresh();
  await watchShifts(context);
  const visitor = await Visitor.visit(context, facts.visitor_url);
  const dialog = await meet(visitor, operator, 'Will it stand still?');
  // The parts that a plain talk does without come with the link, and not in place of the picture.
  await dialog.says('It will: https://example.com/');
  await visitor.log.getByRole('link', { name: 'https://example.com/' }).waitFor();
  const vase = picture('vase.png', 640, 480, [90, 60, 40]);
  await dialog.sends('m.room.message', {
    msgtype: 'm.image',
    body: vase.name,
    url: await operator.upload(vase.buffer, vase.name, vase.mimeType),
    info: { mimetype: vase.mimeType, size: vase.buffer.length, w: 640, h: 480 },
  });
  const image = visitor.log.getByRole('img', { name: 'vase.png' });
  await eventually(() => image.evaluate((i: HTMLImageElement) => i.naturalWidth), 'the width of the picture', 640);
  await dialog.says('There it is');
  await visitor.sees('There it is');
  expect(await shift(visitor.page)).toBeLessThan(unseen);
  await visitor.page.reload();
  await visitor.sees('There it is');
  await eventually(() => image.evaluate((i: HTMLImageElement) => i.naturalWidth), 'the width of the picture', 640);
  expect(await shift(visitor.page)).toBeLessThan(unseen);
});
