/**
 * Opus from WebM, as Chromium records it, into Ogg, as Matrix clients send and
 * play it: the same packets in another container, which also says how long it
 * lasts and can be searched. RFC 3533 (Ogg), RFC 7845 (Opus in Ogg), RFC 6716
 * section 3.1 (lengths of packets), RFC 8794 (EBML) and 9559 (Matroska).
 */

/** Elements of Matroska that hold others, and those that are read. */
const masters = new Set([0x18538067, 0x1f43b675, 0x1654ae6b, 0xae, 0xa0]);
const [codecPrivate, simpleBlock, block] = [0x63a2, 0xa3, 0xa1];
/** Samples in a second of every Opus stream. */
const rate = 48_000;
/** So many packets stand on a page: a second at the usual 20 ms. */
const onPage = 50;
/** No page has more segments (RFC 3533 section 6); loud packets of much sound take several. */
const segments = 255;

interface Sound {
  /** The identification header, "OpusHead". */
  head: Uint8Array;
  readonly packets: Uint8Array[];
}

/** The same sound as Ogg; undefined if it is not WebM with Opus alone. */
export function toOgg(webm: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const sound: Sound = { head: new Uint8Array(), packets: [] };
  try {
    read(webm, 0, webm.length, sound);
  } catch {
    return undefined;
  }
  if (text(sound.head, 8) !== 'OpusHead' || !sound.packets.length) return undefined;
  return write(sound);
}

function text(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** Reads the elements between two places; one of unknown size goes on to the end, as a live Segment and Cluster do. */
function read(bytes: Uint8Array, from: number, to: number, sound: Sound): void {
  let at = from;
  while (at < to) {
    const id = number(bytes, at, true);
    const size = number(bytes, at + id.length, false);
    const start = at + id.length + size.length;
    const end = size.value === undefined ? to : Math.min(to, start + size.value);
    if (masters.has(id.value ?? 0)) read(bytes, start, end, sound);
    else if (id.value === codecPrivate) sound.head = bytes.subarray(start, end);
    // A block: track, two bytes of time, flags, then one packet. Laced ones have several, which no browser writes.
    else if (id.value === simpleBlock || id.value === block) {
      const data = start + number(bytes, start, false).length + 3;
      if (((bytes[data - 1] ?? 0) & 6) > 0) throw new Error('laced');
      sound.packets.push(bytes.subarray(data, end));
    }
    at = end;
  }
}

/** A number of variable length; ids keep the bit that says how long they are. A value of ones alone is unknown. */
function number(bytes: Uint8Array, at: number, isID: boolean): { length: number; value: number | undefined } {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (!first || length > 8) throw new Error('no number');
  let value = isID ? first : first & (0xff >> length);
  let ones = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  return { length, value: !isID && ones ? undefined : value };
}

/** How many samples a packet holds. */
function samples(packet: Uint8Array): number {
  const [toc = 0, second = 0] = packet;
  const config = toc >> 3;
  const frame = config < 12 ? [480, 960, 1920, 2880][config & 3] : config < 16 ? [480, 960][config & 1] : [120, 240, 480, 960][config & 3];
  const frames = [1, 2, 2, second & 63][toc & 3];
  return (frame ?? 0) * (frames ?? 0);
}

function write({ head, packets }: Sound): Uint8Array<ArrayBuffer> {
  const vendor = 'anteroom';
  const tags = new Uint8Array(8 + 4 + vendor.length + 4);
  tags.set([...`OpusTags${String.fromCharCode(vendor.length)}\0\0\0${vendor}`].map((c) => c.charCodeAt(0)));
  const serial = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  const pages = [page([head], 2, 0, serial, 0), page([tags], 0, 0, serial, 1)];
  let position = 0;
  for (let i = 0; i < packets.length; ) {
    let some = packets.slice(i, i + onPage);
    while (some.flatMap(lacing).length > segments) some = some.slice(0, -1);
    if (some.length === 0) throw new Error('a packet that fits on no page');
    i += some.length;
    position += some.reduce((sum, packet) => sum + samples(packet), 0);
    pages.push(page(some, i < packets.length ? 0 : 4, position, serial, pages.length));
  }
  const all = new Uint8Array(pages.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of pages) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}

/** How a page tells the length of a packet: by segments of 255 bytes and a shorter one, which may be empty. */
function lacing({ length }: Uint8Array): number[] {
  return [...Array.from({ length: Math.floor(length / 255) }, () => 255), length % 255];
}

/** One page of whole packets; flags are 2 for the first one and 4 for the last, the position is that of its end. */
function page(packets: readonly Uint8Array[], flags: number, position: number, serial: number, sequence: number): Uint8Array {
  const lengths = packets.flatMap(lacing);
  const body = packets.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(27 + lengths.length + body);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setUint32(6, position, true);
  view.setUint32(10, Math.floor(position / 2 ** 32), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  bytes[26] = lengths.length;
  bytes.set(lengths, 27);
  let at = 27 + lengths.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

/** RFC 3533 section 6: the polynomial 0x04c11db7, neither turned round nor inverted. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  }
  return crc >>> 0;
}

/** How long Ogg with Opus lasts by its last page, in milliseconds; 0 if it does not say. */
export function lasts(ogg: Uint8Array): number {
  for (let at = ogg.length - 27; at > 0; at--) {
    if (text(ogg.subarray(at), 4) !== 'OggS') continue;
    const view = new DataView(ogg.buffer, ogg.byteOffset + at);
    return Math.round(((view.getUint32(10, true) * 2 ** 32 + view.getUint32(6, true)) * 1000) / rate);
  }
  return 0;
}
