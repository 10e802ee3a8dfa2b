import { expect, it } from 'vitest';
import { changes } from '../src/owner/settings';
import type { Look } from '../src/owner/settings';

const look = (more: Partial<Look>): Look => ({
  title: {}, greeting: {}, team: {}, color: '#2563eb', dark_color: '', ink: '', dark_ink: '', position: 'right', offset: { side: 20, bottom: 20 }, phone_offset: { side: 20, bottom: 20 },
  launcher: { icon: 'chat', text: {}, size: 60 }, z_index: 1, theme: 'auto', language: 'auto', fallback: 'en', away: {}, consent: {}, privacy: {}, sound: true, notifications: 'text',
  person: false, rating: 'off', forms: { start: null, handoff: null, away: null }, channels: { telegram: '', whatsapp: '', email: '', phone: '', links: [] }, proactive: [], hide: { pages: null, devices: null },
  ...more,
});

// JSON has no "off" that is not a text: visitors would read the word.
it('an owner who says nothing outside of the opening hours says nothing', () => {
  expect(changes(look({ away: { en: '', ru: '' } }))).toMatchObject({ away: '' });
  expect(changes(look({ away: { en: 'Later.', ru: '' } }))).toMatchObject({ away: { en: 'Later.' } });
});
