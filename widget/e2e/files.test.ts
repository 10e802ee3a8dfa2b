import { readFile } from 'node:fs/promises';
import { picture, textFile } from './stack/files';
import { describe, eventually, expect, meet, test } from './stack/fixtures';

const glaze = picture('glaze.png', 320, 200, [70, 130, 120]);
const list = textFile('price list.txt', 'bowl 42\nmug 28\n');

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

  test('a file that is on its way can be cancelled', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'One file, not two');
    // The bytes of the first one never leave.
    await visitor.page.route('**/v1/shop/uploads/**', () => undefined);
    await visitor.attaches(textFile('wrong.txt', 'not this'));
    await visitor.log.getByRole('button', { name: 'Cancel: wrong.txt' }).click();
    await visitor.log.getByText('wrong.txt').waitFor({ state: 'detached' });
    await visitor.page.unroute('**/v1/shop/uploads/**');
    await visitor.attaches(textFile('right.txt', 'but this'));
    await dialog.sees('right.txt');
    expect(dialog.texts()).toEqual(['One file, not two', 'right.txt']);
  });

  test('a file that is too large is refused with a sentence', async ({ visitor }) => {
    await visitor.open();
    await visitor.attaches({ name: 'film.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(10 * 1024 * 1024 + 1) });
    await visitor.window.getByText('“film.bin” is too large. Files can be up to 10 MB.').waitFor();
  });

  test('a file that is dangerous to open is refused with a sentence, whatever it is called', async ({ visitor, profiles }) => {
    profiles.expectErrors(/status of 4\d\d/);
    await visitor.open();
    await visitor.attaches({ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('#!/bin/sh\nrm -rf ~\n') });
    await visitor.window.getByText('Files of this type are not accepted here.').waitFor();
  });
});

describe('Files from the operator', () => {
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
