import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { picture, textFile } from './stack/files';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const glaze = picture('glaze.png', 320, 200, [70, 130, 120]);
const list = textFile('price list.txt', 'bowl 42\nmug 28\n');

/** The names of files on their way that the page's tab keeps. */
const names = (page: Page): Promise<string> => page.evaluate(() => sessionStorage.getItem('anteroom.shop.files') ?? '');

describe('Files from the visitor', () => {
  test('a picture reaches the operator as it is, and is shown in the window', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'This colour, please');
    await visitor.attaches(glaze);
    const event = await dialog.event('the picture', (e) => e.content.msgtype === 'm.image');
    expect(event.sender).toBe(dialog.ghost);
    expect(event.content).toMatchObject({ body: 'glaze.png', info: { mimetype: 'image/png', size: glaze.buffer.length } });
    expect(await operator.download(event.content.url ?? '')).toEqual(glaze.buffer);
    const image = visitor.log.getByRole('img', { name: 'glaze.png' });
    await eventually(() => image.evaluate((i: HTMLImageElement) => i.naturalWidth), 'the width of the picture', 320);
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 2);
  });

  test('a file reaches the operator as it is, and is listed in the window', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Here is my list');
    await visitor.attaches(list);
    const event = await dialog.event('the file', (e) => e.content.msgtype === 'm.file');
    expect(event.content).toMatchObject({ body: 'price list.txt', info: { size: list.buffer.length } });
    expect(await operator.download(event.content.url ?? '')).toEqual(list.buffer);
    await visitor.log.getByRole('link', { name: /price list\.txt.* 15 B/ }).waitFor();
  });

  test('a first word may be a file; one pasted and one dropped go too', async ({ visitor, operator, facts }) => {
    await visitor.open();
    await visitor.attaches(textFile('first.txt', 'from the button'));
    const dialog = await operator.dialog('first.txt');
    for (const [type, target, name] of [
      ['paste', visitor.textbox, 'pasted.txt'],
      ['drop', visitor.window, 'dropped.txt'],
    ] as const) {
      await target.evaluate(
        (element, { kind, file }) => {
          const data = new DataTransfer();
          data.items.add(new File(['from elsewhere'], file, { type: 'text/plain' }));
          const how = { bubbles: true, cancelable: true, composed: true };
          element.dispatchEvent(
            kind === 'paste'
              ? new ClipboardEvent('paste', { ...how, clipboardData: data })
              : new DragEvent('drop', { ...how, dataTransfer: data }),
          );
        },
        { kind: type, file: name },
      );
      const event = await dialog.sees(name);
      expect((await operator.download(event.content.url ?? '')).toString()).toBe('from elsewhere');
    }
    expect(visitor.page.url()).toBe(facts.visitor_url);
  });

  test('what is written while a file is on its way stands under it, and stays there', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'First words');
    const held: Route[] = [];
    await visitor.page.route('**/v1/shop/uploads/**', (route) => void held.push(route));
    await visitor.attaches(textFile('slow.txt', 'takes its time'));
    await visitor.says('Last words');
    const order = async (): Promise<string[]> =>
      (await visitor.messages.innerText()).match(/First words|slow\.txt|Last words/g) ?? [];
    const right = ['First words', 'slow.txt', 'Last words'];
    await visitor.messages.getByText('Last words').waitFor();
    await eventually(order, 'the order while the file is on its way', right);
    await eventually(() => held.length, 'the upload', 1);
    await visitor.messages.getByRole('button', { name: 'Cancel: slow.txt' }).hover();
    await screenshot(visitor, 'file-order');
    await Promise.all(held.map((route) => route.continue()));
    await dialog.sees('Last words');
    expect(dialog.texts()).toEqual(right);
    await visitor.seesState('Last words', 'Sent');
    expect(await order()).toEqual(right);
  });

  test('what is written while a file is on its way waits for it also where another tab opens, or comes back, meanwhile', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Two tabs');
    const held: Route[] = [];
    await visitor.page.route('**/v1/shop/uploads/**', (route) => void held.push(route));
    await visitor.attaches(textFile('slow.txt', 'takes its time'));
    await visitor.messages.getByText('Uploading').waitFor();
    await visitor.says('This one came broken');
    const other = await visitor.page.context().newPage();
    await other.goto(visitor.page.url());
    const second = await new Visitor(other).open();
    await second.sees('Two tabs');
    await second.sees('This one came broken');
    // It has sent all that it is to send before it says something itself.
    await second.says('Said in the other');
    await dialog.sees('Said in the other');
    expect(dialog.texts()).toEqual(['Two tabs', 'Said in the other']);
    await Promise.all(held.map((route) => route.continue()));
    await dialog.sees('This one came broken');
    expect(dialog.texts()).toEqual(['Two tabs', 'Said in the other', 'slow.txt', 'This one came broken']);
    await second.seesState('This one came broken', /Sent|Seen/);
  });

  test('what is written behind a file whose page is left goes from the next page', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'Nothing is to be lost');
    await visitor.page.route('**/v1/shop/uploads/**', () => undefined);
    await visitor.attaches(textFile('slow.txt', 'takes its time'));
    await visitor.messages.getByText('Uploading').waitFor();
    await visitor.says('Written under it');
    await visitor.messages.getByText('Written under it').waitFor();
    visitor.page.once('dialog', (asked) => void asked.accept());
    await visitor.page.goto(`${facts.visitor_url}products`);
    await dialog.sees('Written under it');
    expect(dialog.texts()).toEqual(['Nothing is to be lost', 'Written under it']);
  });

  test('a file that is on its way when its page is left is named on the next one, and the browser asks first', async ({ visitor, operator, facts }) => {
    await meet(visitor, operator, 'This will take long');
    // Its bytes never leave.
    await visitor.page.route('**/v1/shop/uploads/**', () => undefined);
    await visitor.attaches(textFile('mid.bin', 'half of it'));
    await visitor.messages.getByText('Uploading').waitFor();
    const asked = visitor.page.waitForEvent('dialog');
    const left = visitor.page.goto(`${facts.visitor_url}products`);
    expect((await asked).type()).toBe('beforeunload');
    await (await asked).accept();
    await left;
    await visitor.open();
    const line = visitor.messages.getByText('“mid.bin” was not sent. Choose it again.');
    await line.waitFor();
    await screenshot(visitor, 'file-lost');
    await visitor.messages.getByRole('button', { name: 'Discard: mid.bin' }).click();
    await line.waitFor({ state: 'detached' });
    await visitor.page.reload();
    await visitor.open();
    // What the tab has kept is said only when the parts for files are there and no other page answers for it.
    await visitor.attaches(textFile('next.bin', 'half of that'));
    await visitor.messages.getByText('Uploading').waitFor();
    expect(await names(visitor.page)).toMatch(/^[^/]+\/next\.bin$/);
    expect(await line.count()).toBe(0);
  });

  test('a file that is on its way is not called lost in a copy of its tab', async ({ visitor, operator }) => {
    await meet(visitor, operator, 'Two tabs are better');
    await visitor.page.route('**/v1/shop/uploads/**', () => undefined);
    await visitor.attaches(textFile('mid.bin', 'half of it'));
    await visitor.messages.getByText('Uploading').waitFor();
    // What a page opens has a copy of what its tab keeps, as a tab that is duplicated has.
    await visitor.page.context().addInitScript(() => Object.assign(globalThis, { had: sessionStorage.getItem('anteroom.shop.files') }));
    const opened = visitor.page.waitForEvent('popup');
    await visitor.page.evaluate(() => void open(location.href));
    const copy = await new Visitor(await opened).open();
    await copy.sees('Two tabs are better');
    expect(await copy.page.evaluate(() => (globalThis as { had?: unknown }).had)).toMatch(/mid\.bin$/);
    await eventually(() => names(copy.page), 'the names in the copy', '');
    expect(await names(visitor.page)).toContain('mid.bin');
    expect(await copy.messages.getByText('was not sent').count()).toBe(0);
  });

  test('a file that is on its way can be cancelled', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'One file, not two');
    // The bytes of the first one never leave.
    await visitor.page.route('**/v1/shop/uploads/**', () => undefined);
    await visitor.attaches(textFile('wrong.txt', 'not this'));
    await visitor.messages.getByRole('button', { name: 'Cancel: wrong.txt' }).click();
    await visitor.messages.getByText('wrong.txt').waitFor({ state: 'detached' });
    await visitor.page.unroute('**/v1/shop/uploads/**');
    await visitor.attaches(textFile('right.txt', 'but this'));
    await dialog.sees('right.txt');
    expect(dialog.texts()).toEqual(['One file, not two', 'right.txt']);
  });

  test('a file on a slow way shows how far it is, can be cancelled there, and goes on after the way broke off', async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(/ERR_|WebSocket connection/);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'From a train');
    const progress = visitor.messages.getByRole('progressbar');
    const now = (): Promise<number> => progress.evaluate((e: HTMLProgressElement) => e.value);
    const bytes = Buffer.alloc(9 << 20, 'anteroom ');
    const folder = await mkdtemp(join(tmpdir(), 'anteroom-'));
    const [wrong, right] = ['wrong.bin', 'right.bin'].map((name) => join(folder, name)) as [string, string];
    await Promise.all([wrong, right].map((path) => writeFile(path, bytes)));
    network.slow(3 << 20);

    await visitor.attaches(wrong);
    const steps: number[] = [];
    const three = async (): Promise<boolean> => {
      const value = await now();
      if (value > 0 && value < 1 && value !== steps.at(-1)) steps.push(value);
      return steps.length >= 3;
    };
    await eventually(three, 'three steps on the way', true);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    await visitor.messages.getByText(/^Uploading, [1-9]\d?%$/).waitFor();
    expect(await progress.getAttribute('aria-label')).toMatch(/^Uploading, [1-9]\d?%$/);
    await screenshot(visitor, 'file-progress');
    await visitor.messages.getByRole('button', { name: 'Cancel: wrong.bin' }).click();
    await progress.waitFor({ state: 'detached' });

    await visitor.attaches(right);
    await eventually(async () => (await now()) > 0.2, 'a part of it', true);
    network.pass('nothing');
    await visitor.messages.getByText('right.bin').waitFor();
    await progress.waitFor({ state: 'detached' });
    await visitor.says('In the tunnel');
    network.slow(Infinity);
    network.pass('all');
    await dialog.sees('In the tunnel');
    expect(dialog.texts()).toEqual(['From a train', 'right.bin', 'In the tunnel']);
    const event = await dialog.sees('right.bin');
    expect((await operator.download(event.content.url ?? '')).equals(bytes)).toBe(true);
    await rm(folder, { recursive: true });
  });

  test('a file that never gets through is left to the visitor, and what is written after it goes', async ({ visitor, operator, profiles }) => {
    profiles.expectErrors(/ERR_FAILED/);
    const dialog = await meet(visitor, operator, 'Before the file');
    await visitor.page.route('**/v1/shop/uploads/**', (route) => route.abort());
    await visitor.attaches(textFile('stuck.txt', 'behind a proxy that takes no files'));
    await visitor.says('After the file');
    await dialog.sees('After the file');
    const again = visitor.messages.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await visitor.page.unroute('**/v1/shop/uploads/**');
    await again.press('Enter');
    await dialog.sees('stuck.txt');
    // The button has gone, and the focus has not gone to the page.
    expect(await visitor.page.evaluate("document.querySelector('anteroom-chat').shadowRoot.activeElement?.className")).toBe('log');
    expect(dialog.texts()).toEqual(['Before the file', 'After the file', 'stuck.txt']);
  });

  test('a file that is chosen while the network is away for a moment goes in its place, though the link outlived it', async ({ profiles, operator, facts }) => {
    profiles.expectErrors(/ERR_|WebSocket connection/);
    const context = await profiles.fresh();
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'One moment');
    await visitor.seesState('One moment', 'Sent');
    await context.setOffline(true); // an open WebSocket is left alone by this
    const chooser = visitor.page.waitForEvent('filechooser');
    await visitor.window.getByRole('button', { name: 'Attach a file' }).click();
    await (await chooser).setFiles([list]);
    await visitor.window.getByRole('alert').getByText('No connection. Your messages will be sent later.').waitFor();
    await visitor.says('Did it come?');
    await context.setOffline(false);
    await dialog.sees('Did it come?');
    expect(dialog.texts()).toEqual(['One moment', 'price list.txt', 'Did it come?']);
  });

  test('a file that is chosen without a network goes when there is one, in its place; one that was deleted meanwhile is called so', async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(/ERR_|WebSocket connection/);
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Into the tunnel');
    await visitor.seesState('Into the tunnel', 'Sent');
    const folder = await mkdtemp(join(tmpdir(), 'anteroom-'));
    await Promise.all(['gone.txt', 'tunnel.txt'].map((name) => writeFile(join(folder, name), 'chosen in the tunnel')));

    await context.setOffline(true);
    network.pass('nothing');
    const chooser = visitor.page.waitForEvent('filechooser');
    await visitor.window.getByRole('button', { name: 'Attach a file' }).click();
    await (await chooser).setFiles(['gone.txt', 'tunnel.txt'].map((name) => join(folder, name)));
    // The parts for files were never loaded here.
    await visitor.window.getByRole('alert').getByText('No connection. Your messages will be sent later.').waitFor();
    await screenshot(visitor, 'file-offline');
    await visitor.says('After the file');
    await rm(join(folder, 'gone.txt'));

    network.pass('all');
    await context.setOffline(false);
    await dialog.sees('After the file');
    expect(dialog.texts()).toEqual(['Into the tunnel', 'tunnel.txt', 'After the file']);
    await visitor.messages.getByText('“gone.txt” cannot be read any more. Please choose it again.').waitFor();
    await eventually(() => names(visitor.page), 'the names of what is still to go', '');
    await rm(folder, { recursive: true });
  });

  test('a file that is dangerous to open is refused with a sentence, whatever it is called', async ({ visitor, profiles }) => {
    profiles.expectErrors(/status of 4\d\d/);
    await visitor.open();
    await visitor.attaches({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('#!/bin/sh\nrm -rf ~\n') });
    await visitor.window.getByText('Files of this type are not accepted here.').waitFor();
  });
});

describe('Files from the operator', () => {
  test('a picture that the browser cannot draw is listed and can be downloaded', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Is there a scan?');
    // The beginning of a TIFF.
    const scan = Buffer.from('49492a00080000000000', 'hex');
    await dialog.sends('m.room.message', {
      msgtype: 'm.image',
      body: 'scan.tiff',
      url: await operator.upload(scan, 'scan.tiff', 'image/tiff'),
      info: { mimetype: 'image/tiff', size: scan.length },
    });
    const link = visitor.log.getByRole('link', { name: /Download.*scan\.tiff.* 10 B/ });
    const started = visitor.page.waitForEvent('download');
    await link.click();
    expect(await readFile(await (await started).path())).toEqual(scan);
  });

  test('a picture with a caption is shown, with its words', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'What does it look like?');
    await dialog.sends('m.room.message', {
      msgtype: 'm.image',
      filename: 'ash.png',
      body: 'Ash, two coats',
      url: await operator.upload(glaze.buffer, 'ash.png', 'image/png'),
      info: { mimetype: 'image/png', size: glaze.buffer.length, w: 320, h: 200 },
    });
    const message = await visitor.sees('Ash, two coats');
    const image = message.getByRole('img', { name: 'ash.png' });
    await eventually(() => image.evaluate((i: HTMLImageElement) => i.naturalWidth), 'the width of the picture', 320);
  });

  test('a picture fills its bubble, however tall and narrow it is, on both sides', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Portraits');
    const sizes = [[1080, 2340], [1200, 1600], [200, 600], [640, 400]] as const;
    for (const [w, h] of sizes) {
      const shot = picture(`${w}x${h}.png`, w, h, [70, 130, 120]);
      await visitor.attaches(shot);
      await dialog.sees(shot.name);
      await dialog.sends('m.room.message', {
        msgtype: 'm.image', body: shot.name, url: await operator.upload(shot.buffer, shot.name, shot.mimeType),
        info: { mimetype: shot.mimeType, size: shot.buffer.length, w, h },
      });
    }
    const images = visitor.log.getByRole('img');
    await eventually(() => images.count(), 'the pictures', 2 * sizes.length);
    // The frame around a picture is as wide on either side.
    const beside = (): Promise<number[]> =>
      images.evaluateAll((all) =>
        all.map((image) => {
          const bubble = image.closest('.bubble')?.getBoundingClientRect() ?? new DOMRect();
          const { left, right } = image.getBoundingClientRect();
          return Math.round(Math.max(left - bubble.left, bubble.right - right));
        }),
      );
    await eventually(async () => Math.max(...(await beside())), 'the widest frame, in pixels', 6);
  });

  test('a file is listed and can be downloaded as it is', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Do you have prices?');
    await dialog.sends('m.room.message', {
      msgtype: 'm.file',
      body: list.name,
      url: await operator.upload(list.buffer, list.name, list.mimeType),
      info: { mimetype: list.mimeType, size: list.buffer.length },
    });
    const link = visitor.log.getByRole('link', { name: /price list\.txt.* 15 B/ });
    const started = visitor.page.waitForEvent('download');
    await link.click();
    const download = await started;
    expect(download.suggestedFilename()).toBe('price list.txt');
    expect(await readFile(await download.path())).toEqual(list.buffer);
  });
});
