import { describe, expect, it } from 'vitest';
import { lasts, toOgg } from '../src/chat/voice/ogg';
import { bars, clock, waveform } from '../src/chat/voice/wave';

/** An element of EBML whose size takes one byte or two, or is unknown as in a live stream. */
const element = (id: number[], body: number[], unknown = false): number[] => [...id, ...(unknown ? [0x01, 255, 255, 255, 255, 255, 255, 255] : body.length < 127 ? [0x80 | body.length] : [0x40 | (body.length >> 8), body.length & 255]), ...body];
const head = [...'OpusHead'].map((c) => c.charCodeAt(0)).concat([1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0]);
/** Hybrid, 20 ms, one frame; then what is said. */
const packet = (i: number): number[] => [0x78, i, i, i];
/** The same in 5,000 bytes, as of several loud channels. */
const loud = (i: number): number[] => [0x78, ...Array.from({ length: 4999 }, () => i)];
const webm = (packets: number, flags = 0x80, said = packet): Uint8Array<ArrayBuffer> => {
  const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0x63, 0xa2], head)));
  const blocks = Array.from({ length: packets }, (_, i) => element([0xa3], [0x81, 0, 0, flags, ...said(i)])).flat();
  const cluster = element([0x1f, 0x43, 0xb6, 0x75], [...element([0xe7], [0]), ...blocks], true);
  return new Uint8Array([...element([0x1a, 0x45, 0xdf, 0xa3], [0x42, 0x86, 0x81, 1]), ...element([0x18, 0x53, 0x80, 0x67], [...tracks, ...cluster], true)]);
};

/** The pages of an Ogg file: flags, position, and what is on them. */
function pages(ogg: Uint8Array): { flags: number; position: number; crc: number; body: Uint8Array }[] {
  const found = [];
  for (let at = 0; at < ogg.length; ) {
    const view = new DataView(ogg.buffer, at);
    const segments = view.getUint8(26);
    const length = ogg.subarray(at + 27, at + 27 + segments).reduce((sum, n) => sum + n, 0);
    const start = at + 27 + segments;
    found.push({ flags: view.getUint8(5), position: view.getUint32(6, true), crc: view.getUint32(22, true), body: ogg.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

describe('WebM with Opus', () => {
  it('becomes Ogg with the same packets, which tells how long it lasts', () => {
    const ogg = toOgg(webm(120)) ?? new Uint8Array();
    const [first, tags, ...rest] = pages(ogg);
    expect([...(first?.body ?? [])]).toEqual(head);
    expect(String.fromCharCode(...(tags?.body.subarray(0, 8) ?? []))).toBe('OpusTags');
    expect(rest.map(({ flags, position }) => [flags, position])).toEqual([[0, 48_000], [0, 96_000], [4, 115_200]]);
    expect(rest.flatMap(({ body }) => [...body])).toEqual(Array.from({ length: 120 }, (_, i) => packet(i)).flat());
    expect(lasts(ogg)).toBe(2400);
  });

  it('has no page with more segments than a page can tell of', () => {
    const [, , ...rest] = pages(toOgg(webm(30, 0x80, loud)) ?? new Uint8Array());
    expect(rest.map(({ flags, body }) => [flags, body.length])).toEqual([[0, 60_000], [0, 60_000], [4, 30_000]]);
    expect(rest.flatMap(({ body }) => [...body])).toEqual(Array.from({ length: 30 }, (_, i) => loud(i)).flat());
  });

  it('has on each page the checksum of RFC 3533, reckoned here bit by bit as a division', () => {
    const ogg = toOgg(webm(60)) ?? new Uint8Array();
    let at = 0;
    for (const { crc, body } of pages(ogg)) {
      const length = 27 + (ogg[at + 26] ?? 0) + body.length;
      const page = ogg.slice(at, at + length);
      page.fill(0, 22, 26);
      let rest = 0n;
      for (const byte of [...page, 0, 0, 0, 0]) {
        rest = (rest << 8n) | BigInt(byte);
        for (let bit = 39n; bit >= 32n; bit--) if ((rest >> bit) & 1n) rest ^= 0x104c11db7n << (bit - 32n);
      }
      expect(crc).toBe(Number(rest));
      at += length;
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['another file', new TextEncoder().encode('<!DOCTYPE html>')],
    ['one that is cut', webm(3).slice(0, 30)],
    ['laced packets', webm(3, 0x86)],
    ['no sound', webm(0)],
  ])('is not made of %s', (_, bytes) => {
    expect(toOgg(bytes)).toBeUndefined();
  });
});

describe('A waveform', () => {
  it('has at most a hundred parts, the loudest of which is 1024', () => {
    const wave = waveform(Float32Array.from({ length: 48_000 }, (_, i) => (i / 48_000) * (i % 2 ? -0.5 : 0.5)));
    expect(wave).toHaveLength(100);
    expect([wave[0], wave[99]]).toEqual([10, 1024]);
    expect(wave).toEqual(wave.toSorted((a, b) => a - b));
  });

  it('of silence is flat', () => {
    expect(Math.max(...waveform(new Float32Array(1000).fill(0.0001)))).toBeLessThan(10);
    expect(waveform([])).toEqual([]);
  });

  it('is drawn with as many bars as there is room, however many parts it has', () => {
    expect(bars([0, 1024], 4)).toEqual([0, 0, 1, 1]);
    expect(bars([0, 512, 1024, 0], 2)).toEqual([0.5, 1]);
    expect(bars([], 2)).toEqual([0, 0]);
  });

  it('goes with a time that people read', () => {
    expect([0, 7.9, 61, 600].map(clock)).toEqual(['0:00', '0:07', '1:01', '10:00']);
  });
});
