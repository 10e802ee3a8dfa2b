import type { Page } from 'playwright-core';
import type { Attachment } from './files';

/**
 * A JPEG as a phone takes it, of so many pixels as they are stored: turned, so
 * that its left half, which is red, belongs on top (EXIF orientation 6), and
 * with the place where it was taken. Its noise makes it large. The page only draws.
 */
export async function photo(page: Page, name: string, width: number, height: number): Promise<Attachment> {
  const drawn = await page.evaluate(
    async ([w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      const image = context.createImageData(w, h);
      for (let i = 0; i < image.data.length; i += 4) {
        const noise = (Math.random() * 60) | 0;
        const left = (i / 4) % w < w / 2;
        image.data.set([left ? 190 + noise : noise, noise, left ? noise : 190 + noise, 255], i);
      }
      context.putImageData(image, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
      return btoa(text);
    },
    [width, height] as const,
  );
  const jpeg = Buffer.from(drawn, 'base64');
  return { name, mimeType: 'image/jpeg', buffer: Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)]) };
}

/** The segment APP1 with EXIF (CIPA DC-008): the orientation, and a place's latitude. */
function exif(): Buffer {
  const tiff = Buffer.alloc(26 + 12 + 12 + 6 + 24);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(2, 8); // two fields
  tiff.writeUInt16BE(0x0112, 10); // Orientation: SHORT, one of it, 6
  tiff.writeUInt16BE(3, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(6, 18);
  tiff.writeUInt16BE(0x8825, 22); // GPS: LONG, one of it, where its fields are
  tiff.writeUInt16BE(4, 24);
  tiff.writeUInt32BE(1, 26);
  tiff.writeUInt32BE(38, 30);
  tiff.writeUInt16BE(1, 38); // one field
  tiff.writeUInt16BE(2, 40); // GPSLatitude: RATIONAL, three of it
  tiff.writeUInt16BE(5, 42);
  tiff.writeUInt32BE(3, 44);
  tiff.writeUInt32BE(56, 48);
  for (const [i, n] of [52, 1, 31, 1, 12, 1].entries()) tiff.writeUInt32BE(n, 56 + 4 * i);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** What a picture looks like: its size in pixels, and the colour (RGB, and alpha) in the middle of its upper and of its lower half. */
export async function look(page: Page, bytes: Buffer, type: string): Promise<{ width: number; height: number; top: number[]; bottom: number[] }> {
  return page.evaluate(
    async ({ base64, mime }) => {
      const blob = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: mime });
      const { width, height } = await createImageBitmap(blob);
      const context = new OffscreenCanvas(width, height).getContext('2d') as OffscreenCanvasRenderingContext2D;
      context.drawImage(await createImageBitmap(blob), 0, 0);
      const at = (y: number): number[] => [...context.getImageData(width / 2, y, 1, 1).data];
      return { width, height, top: at(height / 4), bottom: at((3 * height) / 4) };
    },
    { base64: bytes.toString('base64'), mime: type },
  );
}
