import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isServerFrame, parseFrame } from '../src/chat/parse';
import { codes } from '../src/chat/wire';
import type { ClientFrame, Exchange, Identified, Identify, SignOut } from '../src/chat/wire';
import type { Trigger } from '../src/loader/host';

/** The frames as the gateway's own tests hold them. */
const folder = new URL('../../bridge/gateway/wire/testdata/', import.meta.url);
const golden = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

const cid = 'c0ffee-Tea_42';
const secret = 'q3Jv0sXb1k9mYw5eTfU8ZrLhNc2PdGa7iKo4uVtRjEs';
const session = 'Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8';
const own = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const theirs = 'bbbbbbbbbbbbbbbbbbbbbbbbbb';
const file = 'ffffffffffffffffffffffffff';
const page = {
  url: 'https://shop.example.com/tea?id=7',
  title: 'Green tea — Shop',
  referrer: 'https://search.example.com/',
};

/** Every frame that the widget sends, as this side's types allow it. */
const client: Record<string, ClientFrame | Exchange | Identify | SignOut> = {
  'hello.json': { t: 'hello', secret, page, language: 'ru-RU', time_zone: 'Europe/Moscow' },
  'hello_consent.json': {
    t: 'hello',
    secret: 'q3Jv0sXb1k9mYw5eTfU8ZrLhNc2PdGa7iKo4uVtRjEs',
    consent: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  'hello_hints.json': {
    t: 'hello',
    secret,
    hints: {
      brands: [{ brand: 'Chromium', version: '156' }, { brand: 'Not;A=Brand', version: '99' }],
      mobile: true,
      platform: 'Android',
      platformVersion: '14.0.0',
      model: 'Pixel 8',
    },
  },
  'hello_resume.json': { t: 'hello', secret, resume: { seq: 7, id: theirs } },
  'message.json': { t: 'message', cid, text: 'Is the green tea <fresh> & in stock? 🍵' },
  'message_file.json': { t: 'message', cid, text: 'This one', file },
  'message_reply.json': { t: 'message', cid, text: 'Yes, that.', reply_to: theirs },
  'message_press.json': { t: 'message', cid, text: 'Team', answer: { entry: theirs, button: 0 } },
  'message_form.json': { t: 'message', cid, text: 'November 26, 2026', answer: { entry: theirs, value: '2026-11-26' } },
  'message_location.json': { t: 'message', cid, answer: { entry: theirs }, location: { latitude: 55.751244, longitude: 37.618423 } },
  'edit.json': { t: 'edit', cid, target: own, text: 'Is the black tea fresh?' },
  'redact.json': { t: 'redact', cid, target: own },
  'reaction.json': { t: 'reaction', cid, target: theirs, key: '👍' },
  'upload_ask.json': { t: 'upload', cid, name: 'tea pot.png', type: 'image/png', size: 68123 },
  'upload_voice.json': { t: 'upload', cid, name: 'Voice message.ogg', type: 'audio/ogg', size: 9000, voice: { duration: 4200, waveform: [0, 512, 1024] } },
  'file_ask.json': { t: 'file', file },
  'history_ask.json': { t: 'history', before: 120, limit: 50 },
  'typing_client.json': { t: 'typing', on: true },
  'read_client.json': { t: 'read', seq: 7 },
  'delivered.json': { t: 'delivered', seq: 7 },
  'page.json': { t: 'page', ...page },
  'opened.json': { t: 'opened' },
  'visited.json': { t: 'visited', cid, trigger: 'welcome-0' },
  'proactive.json': { t: 'proactive', cid, name: 'cart' },
  'form.json': { t: 'form', cid, id: 'start', values: { email: 'maria@example.org', topic: '0', news: 'yes' } },
  'rate.json': { t: 'rate', cid, closing: 1795000000123, score: 4, text: 'Quick & <kind>' },
  'rate_thumb.json': { t: 'rate', cid, closing: 1795000000123, score: 0 },
  'event.json': { t: 'event', cid, name: 'cart', data: { item: 'Green tea', price: 12.5, vip: true } },
  'event_bare.json': { t: 'event', cid, name: 'checkout' },
  'ping.json': { t: 'ping' },
  'exchange.json': {
    hello: { t: 'hello', secret, resume: { seq: 1, id: own } },
    frames: [{ t: 'message', cid, text: 'Hello' }, { t: 'ping' }],
    wait: 25,
    knows: { seen: 1, flow: { person: true } },
  },
  'identify_token.json': { secret, token: 'header.claims.signature' },
  'identify_check.json': { token: 'header.claims.signature' },
  'identify_person.json': {
    secret,
    person: {
      name: 'Анна',
      email: 'anna@example.com',
      phone: '+7 900 0000000',
      locale: 'ru',
      variables: { plan: 'gold', orders: 12, vip: true },
    },
  },
  'sign_out_secret.json': { secret },
  'sign_out_session.json': { session },
};

/** What the widget and the page of mails POST beside the frames, and are answered of mails. */
const posts: Record<string, object> = {
  'mails_ask.json': { secret },
  'mails_on.json': { secret, answers: true, to: 'maria@example.org' },
  'mails_off.json': { secret, answers: false },
  'mails_transcript.json': { secret, cid, transcript: true },
  'mails_are.json': { known: 'm…@example.org', answers: true },
  'transcript.json': { secret, format: 'text' },
  'return.json': { link: secret, fresh: secret },
};

/** What the gateway answers to POSTs. */
const answers: Record<string, Identified> = {
  'identified_new.json': { secret, session },
  'identified_same.json': { session },
};

/** What the settings say. */
const settings: Record<string, readonly Trigger[]> = {
  'triggers.json': [
    { key: 'welcome-0', url: '/prices*', after: 15_000, device: 'desktop', once: 'visit' },
    { key: 'welcome-1', url: 'https://shop.example.com/cart' },
  ],
};

describe('golden frames of the widget', () => {
  it.each(Object.entries(client))('%s is what the types say', (name, frame) => {
    expect(golden(name)).toEqual(frame);
  });
});

it.each(Object.entries({ ...answers, ...posts, ...settings }))('%s is what the types say', (name, answer) => {
  expect(golden(name)).toEqual(answer);
});

describe('golden frames of the gateway', () => {
  const server = names.filter((name) => !(name in client) && !(name in answers) && !(name in posts) && !(name in settings) && name !== 'batch.json' && name !== 'retry.json');
  it('are there', () => {
    expect(server.length).toBeGreaterThan(15);
  });
  it.each(server)('%s passes the guard', (name) => {
    expect(isServerFrame(golden(name))).toBe(true);
  });
  it('in a batch pass the guard one by one', () => {
    const { frames } = golden('batch.json') as { frames: unknown[] };
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toSatisfy(isServerFrame);
  });
});

describe('the guard', () => {
  const welcome = golden('welcome.json') as { site: object; entries: { author: unknown }[] };
  it.each([
    ['no object', 'null'],
    ['no JSON', '{'],
    ['an unknown type', '{"t":"dance"}'],
    ['a name of every object', '{"t":"constructor"}'],
    ['a missing field', '{"t":"ack","cid":"c","id":"e"}'],
    ['a field of the wrong type', '{"t":"read","seq":"7"}'],
    ['an entry without author', JSON.stringify({ ...welcome, entries: [{ ...welcome.entries[0], author: null }] })],
    ['a site without limits', JSON.stringify({ ...welcome, site: { name: 'x' } })],
  ])('refuses %s', (_what, text) => {
    expect(parseFrame(text)).toBeUndefined();
  });
  it('takes an empty list that Go writes as null', () => {
    expect(parseFrame(JSON.stringify({ ...welcome, entries: null }))).toBeDefined();
  });
  it('takes fields that a newer gateway adds', () => {
    expect(parseFrame('{"t":"pong","load":3}')).toBeDefined();
  });
});

it('the codes are those of the gateway', () => {
  const source = readFileSync(new URL('../../bridge/chat/error.go', import.meta.url), 'utf8');
  const known = [...source.matchAll(/Code = "(\w+)"/g)].map((m) => m[1]);
  expect(new Set(codes)).toEqual(new Set(known));
});
