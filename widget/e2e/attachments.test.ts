import { faults } from './stack/axe';
import { picture, textFile } from './stack/files';
import type { Attachment } from './stack/files';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import { look, photo } from './stack/photo';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
/** The clinic takes pictures and PDF, three at once, of 1 MB each. */
const clinic = 'clinic';

const pdf = (name: string, bytes = 100): Attachment => ({ name, mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes - 9)]) });

describe('Several files at once', () => {
  test('go in their order; what cannot go is told in one list, and the rest of too many goes by a press', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url + clinic);
    const dialog = await meet(visitor, operator, 'Letters of three doctors');
    await visitor.attaches(
      { name: 'scan.zip', mimeType: 'application/zip', buffer: Buffer.from('PK\u0003\u0004') },
      pdf('heart.pdf'), pdf('film.pdf', 1_048_577), pdf('lung.pdf'), picture('skin.png', 40, 30, [200, 160, 140]), pdf('knee.pdf'), pdf('foot.pdf'),
    );
    await dialog.sees('skin.png');
    expect(dialog.texts()).toEqual(['Letters of three doctors', 'heart.pdf', 'lung.pdf', 'skin.png']);
    const list = visitor.window.getByRole('alert').filter({ hasText: '4 files are not sent' });
    expect((await list.locator('dl').innerText()).split('\n').map((l) => l.trim())).toEqual([
      'Not accepted here. You can send pictures, PDF.', 'scan.zip',
      'Larger than 1 MB. Make it smaller, or send a link to it.', 'film.pdf',
      'More than 3 at once.', 'knee.pdf', 'foot.pdf',
    ]);
    await screenshot(visitor, 'files-refused');
    expect(await faults(visitor)).toEqual([]);
    await list.getByRole('button', { name: 'Send the next 2' }).click();
    await dialog.sees('foot.pdf');
    expect(dialog.texts().slice(-2)).toEqual(['knee.pdf', 'foot.pdf']);
    await list.waitFor({ state: 'detached' });
  });

  test('are told what may go before they are dropped', async ({ profiles, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url + clinic);
    await visitor.open();
    await visitor.window.evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'a.pdf'));
      element.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer }));
    });
    await visitor.window.getByText('Up to 3 files at once, 1 MB each: pictures, PDF.').waitFor();
    await screenshot(visitor, 'files-drop');
    expect(await visitor.window.locator('input[type=file]').getAttribute('accept')).toBe('image/*,application/pdf');
  });
});

describe('With a mouse', () => {
  test('the limits stand there while files are chosen, and go with the choice', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url + clinic);
    const dialog = await meet(visitor, operator, 'A letter');
    const list = visitor.page.waitForEvent('filechooser');
    await visitor.window.getByRole('button', { name: 'Attach a file' }).click();
    const limits = visitor.window.getByText('Up to 3 files at once, 1 MB each: pictures, PDF.');
    await limits.waitFor();
    await screenshot(visitor, 'files-mouse');
    expect(await faults(visitor)).toEqual([]);
    await (await list).setFiles([pdf('letter.pdf')]);
    await dialog.sees('letter.pdf');
    await limits.waitFor({ state: 'detached' });
    // Nothing is chosen.
    const again = visitor.page.waitForEvent('filechooser');
    await visitor.window.getByRole('button', { name: 'Attach a file' }).click();
    await again;
    await limits.waitFor();
    await visitor.window.locator('input[type=file]').dispatchEvent('cancel');
    await limits.waitFor({ state: 'detached' });
  });
});

describe('A large picture', () => {
  test('is offered smaller: upright, and without what the camera wrote beside it', async ({ visitor, operator, profiles }) => {
    const dialog = await meet(visitor, operator, 'This is how it arrived');
    const studio = await (await profiles.fresh()).newPage();
    const shot = await photo(studio, 'IMG_0042.JPG', 3000, 2000);
    expect(shot.buffer.length).toBeGreaterThan(1 << 20);
    await visitor.attaches(shot, textFile('note.txt', 'broken in two'));
    const tray = visitor.window.getByRole('group', { name: 'Send a smaller picture?' });
    const smaller = tray.getByRole('button', { name: /^Send smaller \([\d.]+ MB → [\d.]+ (KB|MB)\)$/ });
    await smaller.waitFor();
    const drawn = (): Promise<boolean> => tray.locator('canvas').first().evaluate((c: HTMLCanvasElement) => c.getContext('2d')?.getImageData(c.width / 2, c.height / 4, 1, 1).data[0] !== 0);
    await eventually(drawn, 'the small picture of it', true);
    await screenshot(visitor, 'files-smaller');
    expect(await faults(visitor)).toEqual([]);
    // Who thinks about it goes on talking meanwhile.
    await visitor.says('One moment');
    await dialog.sees('One moment');
    await smaller.click();
    const event = await dialog.event('the picture', (e) => e.content.msgtype === 'm.image');
    await dialog.sees('note.txt');
    expect(dialog.texts()).toEqual(['This is how it arrived', 'One moment', 'IMG_0042.jpg', 'note.txt']);
    const bytes = await operator.download(event.content.url ?? '');
    expect(bytes.length).toBeLessThan(shot.buffer.length / 2);
    expect(bytes.includes('Exif')).toBe(false);
    const seen = await look(studio, bytes, 'image/jpeg');
    expect([seen.width, seen.height]).toEqual([1280, 1920]);
    expect(seen.top[0]).toBeGreaterThan(140);
    expect(seen.bottom[2]).toBeGreaterThan(140);
  });

  test('goes as it is when the visitor says so, byte for byte', async ({ visitor, operator, profiles }) => {
    const dialog = await meet(visitor, operator, 'Every scratch counts');
    const shot = await photo(await (await profiles.fresh()).newPage(), 'scratch.jpg', 2400, 1600);
    await visitor.attaches(shot);
    await visitor.window.getByRole('button', { name: /^Send as it is \([\d.]+ MB\)$/ }).click();
    const event = await dialog.sees('scratch.jpg');
    expect((await operator.download(event.content.url ?? '')).equals(shot.buffer)).toBe(true);
  });

  test('that is over the limit is offered smaller only; one that moves is not, and is refused', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url + clinic);
    const dialog = await meet(visitor, operator, 'The X-ray');
    const shot = await photo(await (await profiles.fresh()).newPage(), 'x-ray.jpg', 3000, 2000);
    const moves = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(1 << 20)]);
    await visitor.attaches(shot, { name: 'moves.jpg', mimeType: 'image/jpeg', buffer: moves });
    const smaller = visitor.window.getByRole('button', { name: /^Send smaller/ });
    await smaller.waitFor();
    expect(await visitor.window.getByRole('button', { name: /^Send as it is/ }).count()).toBe(0);
    await visitor.window.getByRole('alert').getByText('moves.jpg').waitFor();
    await smaller.click();
    const event = await dialog.sees('x-ray.jpg');
    expect((await operator.download(event.content.url ?? '')).length).toBeLessThanOrEqual(1 << 20);
  });

  test('keeps what can be seen through it', async ({ visitor, operator, profiles }) => {
    const dialog = await meet(visitor, operator, 'Our logo');
    const studio = await (await profiles.fresh()).newPage();
    const base64 = await studio.evaluate(async () => {
      const canvas = new OffscreenCanvas(900, 900);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      const image = context.createImageData(900, 900);
      // The upper half is noise, the lower one is clear.
      for (let i = 0; i < image.data.length / 2; i++) image.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
      context.putImageData(image, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
      return btoa(text);
    });
    await visitor.attaches({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from(base64, 'base64') });
    await visitor.window.getByRole('button', { name: /^Send smaller/ }).click();
    const event = await dialog.sees('logo.webp');
    const seen = await look(studio, await operator.download(event.content.url ?? ''), 'image/webp');
    expect([seen.width, seen.height, seen.top[3], seen.bottom[3]]).toEqual([900, 900, 255, 0]);
  });
});

describe('On a phone', () => {
  test('a press on the clip asks where from, and tells the limits; the camera is the system’s own', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(phone), facts.visitor_url + clinic);
    const dialog = await meet(visitor, operator, 'A rash');
    const clip = visitor.window.getByRole('button', { name: 'Attach a file' });
    await clip.tap();
    const sheet = visitor.page.getByRole('dialog', { name: 'Attach a file' });
    await sheet.getByText('Up to 3 files at once, 1 MB each: pictures, PDF.').waitFor();
    await screenshot(visitor, 'files-phone');
    expect(await faults(visitor)).toEqual([]);
    const camera = sheet.getByLabel('Take a photo');
    expect(await camera.getAttribute('capture')).toBe('environment');
    const shots = visitor.page.waitForEvent('filechooser');
    await sheet.getByText('Take a photo').tap();
    expect((await shots).isMultiple()).toBe(false);
    await (await shots).setFiles([picture('image.png', 30, 40, [200, 160, 140])]);
    await dialog.sees('image.png');
    await sheet.waitFor({ state: 'detached' });

    await clip.tap();
    const files = visitor.page.waitForEvent('filechooser');
    await sheet.getByRole('button', { name: 'Files' }).tap();
    await (await files).setFiles([pdf('letter.pdf')]);
    await dialog.sees('letter.pdf');
    // The sheet closes by itself alone.
    await clip.tap();
    await sheet.waitFor();
    await visitor.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await visitor.textbox.waitFor();
  });
});

test('A file dialog that is closed without a choice does not close the chat', async ({ visitor, operator }) => {
  await meet(visitor, operator, 'I have changed my mind');
  const cdp = await visitor.page.context().newCDPSession(visitor.page);
  await cdp.send('Page.enable');
  // Chromium tells the page of the cancel as when a person presses it.
  await cdp.send('Page.setInterceptFileChooserDialog', { enabled: true, cancel: true });
  const field = visitor.window.locator('input[type=file]');
  const cancelled = field.evaluate((input) => new Promise<boolean>((done) => input.addEventListener('cancel', (event) => done(event.bubbles), { once: true })));
  await visitor.window.getByRole('button', { name: 'Attach a file' }).click();
  expect(await cancelled).toBe(true);
  await visitor.says('No file, words');
  await visitor.seesState('No file, words', 'Sent');
  expect(await visitor.window.isVisible()).toBe(true);
});
