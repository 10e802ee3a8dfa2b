import { accepts } from './batch';

/** The longest side of a smaller picture, in pixels; the later ones only where the site's limit asks for less. */
const sides = [1920, 1280, 960, 640];
/** Of JPEG and WebP: more would be larger and look the same. */
const quality = 0.82;
/** What saves less than a part of so much is not offered. */
const worthwhile = 0.75;
/** How much of a file is looked at for what tells that it moves. */
const head = 65_536;

/**
 * The same picture with fewer bytes, at most limit of them, of a type that the
 * site takes; undefined if that cannot be, or saves little. It is drawn anew:
 * upright, with its transparency, and without what the file says beside it,
 * such as where it was taken.
 */
export async function shrink(file: File, types: readonly string[], limit: number): Promise<File | undefined> {
  if (!faithful() || moves(new Uint8Array(await file.slice(0, head).arrayBuffer()))) return undefined;
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    const formats = (transparent(file.type, picture) ? ['image/webp', 'image/png'] : ['image/jpeg', 'image/webp', 'image/png']).filter((type) => accepts(types, type));
    for (const side of sides) {
      // oxlint-disable-next-line no-await-in-loop
      const blob = await encode(picture, side, formats);
      if (!blob) return undefined;
      if (blob.size > limit) continue;
      if (file.size <= limit && blob.size > file.size * worthwhile) return undefined;
      return new File([blob], renamed(file.name, blob.type), { type: blob.type, lastModified: file.lastModified });
    }
    return undefined;
  } finally {
    picture.close();
  }
}

/** Draws it into a canvas whose longest side is at most that, and writes the first format that this browser can write. */
async function encode(picture: ImageBitmap, side: number, formats: readonly string[]): Promise<Blob | undefined> {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const [width, height] = [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  for (const type of formats) {
    // oxlint-disable-next-line no-await-in-loop
    const blob = await canvas.convertToBlob({ type, quality });
    // Who cannot write a type writes PNG instead, as Safari does for WebP.
    if (blob.type === type) return blob;
  }
  return undefined;
}

/** Whether anything can be seen through it. A JPEG has no such parts; others are looked at, small. */
function transparent(type: string, picture: ImageBitmap): boolean {
  if (type === 'image/jpeg') return false;
  const side = 256;
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
  context?.drawImage(picture, 0, 0, side, side);
  return context?.getImageData(0, 0, side, side).data.some((value, i) => i % 4 === 3 && value < 255) ?? true;
}

/** Browsers that hide who is there give back other pixels than were drawn: nobody would recognise the picture. */
function faithful(): boolean {
  const context = new OffscreenCanvas(2, 2).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  context.fillStyle = '#2a6f97';
  context.fillRect(0, 0, 2, 2);
  return String(context.getImageData(0, 0, 2, 2).data) === String(Array.from({ length: 4 }, () => [0x2a, 0x6f, 0x97, 255]));
}

/** Whether the file begins like one with several pictures: GIF, and animated PNG (acTL), WebP (the flag of VP8X) and AVIF (the brand avis). */
function moves(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 32));
  const animatedWebP = text.startsWith('VP8X', 12) && ((bytes[20] ?? 0) & 2) > 0;
  return text.startsWith('GIF8') || animatedWebP || text.startsWith('ftypavis', 4) || (text.startsWith('\u0089PNG') && includes(bytes, 'acTL'));
}

function includes(bytes: Uint8Array, word: string): boolean {
  const codes = [...word].map((c) => c.charCodeAt(0));
  return bytes.some((_, i) => codes.every((code, j) => bytes[i + j] === code));
}

/** The name with the end that belongs to the type. */
function renamed(name: string, type: string): string {
  const end = { 'image/jpeg': '.jpg', 'image/webp': '.webp' }[type] ?? '.png';
  return name.replace(/\.[^.]*$/, '') + end;
}
