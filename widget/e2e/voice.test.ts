import type { BrowserContext, Locator, Page } from 'playwright-core';
import { faults } from './stack/axe';
import { launch } from './stack/chromium';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import type { MatrixEvent } from './stack/operator';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
/** The clinic takes voice messages of up to two minutes, though of files only pictures and PDF. */
const clinic = 'clinic';

async function patient(context: BrowserContext, facts: Facts): Promise<Visitor> {
  await context.grantPermissions(['microphone'], { origin: new URL(facts.visitor_url).origin });
  return Visitor.visit(context, facts.visitor_url + clinic);
}

/** Waits until so many seconds are recorded. */
function lasted(visitor: Visitor, seconds: number): Promise<void> {
  return eventually(async () => Number(/^0:(\d\d)/.exec(await visitor.window.getByRole('timer').innerText())?.[1]) >= seconds, `${seconds} s of recording`, true);
}

interface Spoken {
  readonly 'org.matrix.msc1767.audio': { readonly duration: number; readonly waveform: readonly number[] };
  readonly info: { readonly mimetype: string; readonly duration: number };
}
const spoken = (event: MatrixEvent): Spoken => event.content as unknown as Spoken;
const isVoice = (event: MatrixEvent): boolean => event.content.msgtype === 'm.audio' && 'org.matrix.msc3245.voice' in event.content;

/** What another program hears: how long it lasts, in seconds, and how loud it is at most. */
function hear(page: Page, bytes: Buffer): Promise<{ duration: number; loudest: number }> {
  return page.evaluate(async (base64) => {
    const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
    return { duration: sound.duration, loudest: sound.getChannelData(0).reduce((most, s) => Math.max(most, Math.abs(s)), 0) };
  }, bytes.toString('base64'));
}

const recorder = (visitor: Visitor): Locator => visitor.window.locator('form').getByRole('group', { name: 'Voice message' });
const mic = (visitor: Visitor): Locator => visitor.window.getByRole('button', { name: 'Record a voice message' });

describe('A voice message', () => {
  test('is recorded, heard and sent by keys alone, and is one of Matrix for the operator; it plays in the window', async ({ profiles, operator, facts }) => {
    const visitor = await patient(await profiles.fresh(), facts);
    const { page, window } = visitor;
    const dialog = await meet(visitor, operator, 'It is hard to write with this hand');
    await mic(visitor).focus();
    await page.keyboard.press('Enter');
    await lasted(visitor, 2);
    expect(await window.getByRole('timer').innerText()).toMatch(/^0:0\d \/ 2:00$/);
    await screenshot(visitor, 'voice-recording');
    expect(await faults(visitor)).toEqual([]);
    // The focus is where the recording ends.
    await page.keyboard.press('Enter');
    await recorder(visitor).getByRole('slider', { name: 'Position' }).waitFor();
    await recorder(visitor).getByRole('button', { name: 'Play' }).click();
    await recorder(visitor).getByRole('button', { name: 'Pause' }).waitFor();
    await screenshot(visitor, 'voice-ready');
    expect(await faults(visitor)).toEqual([]);
    await window.getByRole('button', { name: 'Send the voice message' }).focus();
    await page.keyboard.press('Enter');

    const event = await dialog.event('the voice message', isVoice);
    const { info, 'org.matrix.msc1767.audio': audio } = spoken(event);
    expect([event.sender, event.content.body, info.mimetype]).toEqual([dialog.ghost, 'Voice message.ogg', 'audio/ogg']);
    expect(audio.duration).toBe(info.duration);
    expect(audio.waveform.length).toBe(100);
    expect(Math.max(...audio.waveform)).toBe(1024);
    const bytes = await operator.download(event.content.url ?? '');
    expect(bytes.subarray(0, 4).toString()).toBe('OggS');
    const heard = await hear(await (await profiles.fresh()).newPage(), bytes);
    expect(heard.duration).toBeGreaterThan(1.9);
    expect(Math.abs(heard.duration * 1000 - info.duration)).toBeLessThan(150);
    expect(heard.loudest).toBeGreaterThan(0.01);

    const voice = visitor.log.getByRole('group', { name: 'Voice message' });
    await voice.getByRole('button', { name: 'Play' }).click();
    const slider = voice.getByRole('slider', { name: 'Position' });
    const at = async (): Promise<number> => Number(await slider.inputValue());
    await eventually(async () => (await at()) > 0.3, 'that it plays', true);
    await voice.getByRole('button', { name: 'Speed: 1×' }).click();
    await voice.getByRole('button', { name: 'Pause' }).click();
    const paused = await at();
    await slider.focus();
    await page.keyboard.press('Home');
    await eventually(at, 'the place after Home', 0);
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    await eventually(at, 'the place after five steps', 0.5);
    expect(paused).toBeGreaterThan(0.3);
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^0:00 of 0:0\d$/);
    await screenshot(visitor, 'voice-message');
    expect(await faults(visitor)).toEqual([]);
  });

  test('can be paused and discarded; nothing of it is sent, and the microphone is let go', async ({ profiles, operator, facts }) => {
    const visitor = await patient(await profiles.fresh(), facts);
    const { page, window } = visitor;
    // Every track that the page ever gets.
    await page.evaluate(() => {
      const all: MediaStreamTrack[] = [];
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (what) => {
        const stream = await ask(what);
        all.push(...stream.getTracks());
        return stream;
      };
      Object.assign(globalThis, { tracks: all });
    });
    const live = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.filter((t) => t.readyState === 'live').length);
    const dialog = await meet(visitor, operator, 'Before');
    await mic(visitor).click();
    await lasted(visitor, 1);
    expect(await live()).toBe(1);
    await window.getByRole('button', { name: 'Pause' }).click();
    const stands = await window.getByRole('timer').innerText();
    await window.getByRole('status').getByText('Paused').waitFor({ state: 'attached' });
    await visitor.says('Written meanwhile');
    await dialog.sees('Written meanwhile');
    expect(await window.getByRole('timer').innerText()).toBe(stands);
    await window.getByRole('button', { name: 'Go on recording' }).click();
    await lasted(visitor, 2);
    await window.getByRole('button', { name: 'Discard the recording' }).click();
    await recorder(visitor).waitFor({ state: 'detached' });
    await eventually(live, 'the microphones in use', 0);
    // A window that is closed records nobody, and has what was said when it is open again.
    await mic(visitor).click();
    await lasted(visitor, 1);
    await visitor.close();
    await eventually(live, 'the microphones in use by a closed window', 0);
    await visitor.open();
    await recorder(visitor).getByRole('button', { name: 'Play' }).waitFor();
    // And it is not lost with the page by mistake.
    const asked = page.waitForEvent('dialog');
    const left = page.goto(facts.visitor_url).catch(() => undefined);
    await (await asked).dismiss();
    await left;
    await window.getByRole('button', { name: 'Discard the recording' }).click();
    await visitor.says('After');
    await dialog.sees('After');
    expect(dialog.texts()).toEqual(['Before', 'Written meanwhile', 'After']);
  });

  test('is none of a window that was closed while the browser asked', async ({ profiles, facts }) => {
    const visitor = await patient(await profiles.fresh(), facts);
    const { page } = visitor;
    await visitor.open();
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const here = globalThis as unknown as { allow: () => void; tracks?: MediaStreamTrack[] };
      mediaDevices.getUserMedia = async (what) => {
        await new Promise<void>((done) => (here.allow = done));
        const stream = await ask(what);
        here.tracks = stream.getTracks();
        return stream;
      };
    });
    await mic(visitor).click();
    await recorder(visitor).waitFor();
    await visitor.close();
    await page.evaluate('allow()');
    await eventually(() => page.evaluate('globalThis.tracks?.map((track) => track.readyState).join()'), 'the microphone', 'ended');
    await visitor.open();
    await mic(visitor).waitFor();
    expect(await recorder(visitor).count()).toBe(0);
  });

  test('ends at the site’s limit, which is told, and can be sent', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await context.grantPermissions(['microphone'], { origin: new URL(facts.visitor_url).origin });
    await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/guide.js` }));
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'I talk a lot');
    await mic(visitor).click();
    await visitor.window.getByRole('status').getByText('Recording, up to 0:05').waitFor({ state: 'attached' });
    await visitor.window.getByText('A voice message can be up to 0:05 long.').waitFor();
    await visitor.window.getByRole('button', { name: 'Send the voice message' }).click();
    const { info } = spoken(await dialog.event('the voice message', isVoice));
    expect(info.duration).toBeGreaterThan(4500);
    expect(info.duration).toBeLessThan(5500);
  });

  test('that is sent without a network goes when there is one', async ({ profiles, operator, facts }) => {
    profiles.expectErrors(/ERR_|WebSocket connection/);
    const context = await profiles.fresh();
    const visitor = await patient(context, facts);
    const dialog = await meet(visitor, operator, 'In the lift');
    await visitor.seesState('In the lift', 'Sent');
    await mic(visitor).click();
    await lasted(visitor, 1);
    await context.setOffline(true);
    await visitor.window.getByRole('button', { name: 'Send the voice message' }).click();
    await visitor.messages.getByText('Will be sent when the connection is back').waitFor();
    await context.setOffline(false);
    const event = await dialog.event('the voice message', isVoice);
    expect((await operator.download(event.content.url ?? '')).length).toBeGreaterThan(1000);
  });

  test('of an operator plays with its waveform, also where visitors may send none', async ({ visitor, operator, profiles, facts }) => {
    // One that Chromium has recorded goes back as a Matrix client would send it.
    const other = await patient(await profiles.fresh(), facts);
    const source = await meet(other, operator, 'A voice to borrow');
    await mic(other).click();
    await lasted(other, 2);
    await other.window.getByRole('button', { name: 'Send the voice message' }).click();
    const given = await source.event('the voice message', isVoice);
    const dialog = await meet(visitor, operator, 'Tell me how it is glazed');
    expect(await mic(visitor).count()).toBe(0);
    const { url: _, ...content } = given.content;
    await dialog.sends('m.room.message', { ...content, url: await operator.upload(await operator.download(given.content.url ?? ''), 'voice.ogg', 'audio/ogg') });
    const voice = visitor.log.getByRole('group', { name: 'Voice message' });
    await voice.getByRole('button', { name: 'Play' }).click();
    await eventually(async () => Number(await voice.getByRole('slider').inputValue()) > 0.3, 'that it plays', true);
    const heights = await voice.locator('rect').evaluateAll((all) => new Set(all.map((r) => r.getAttribute('height'))).size);
    expect(heights).toBeGreaterThan(2);
    await voice.getByRole('button', { name: 'Play' }).waitFor();
    expect(await faults(visitor)).toEqual([]);
  });

  test('on a phone and in Russian fits, and is easy to hit', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ ...phone, locale: 'ru-RU' });
    await context.addInitScript(() => {
      new MutationObserver((_, observer) => {
        document.documentElement.lang = 'ru';
        observer.disconnect();
      }).observe(document, { childList: true });
    });
    const visitor = await patient(context, facts);
    const dialog = await meet(visitor, operator, 'Рука болит');
    await visitor.window.getByRole('button', { name: 'Записать голосовое сообщение' }).tap();
    await lasted(visitor, 2);
    await screenshot(visitor, 'voice-phone-recording');
    expect(await faults(visitor)).toEqual([]);
    await visitor.window.getByRole('button', { name: 'Закончить и прослушать' }).tap();
    await visitor.window.locator('form').getByRole('slider').waitFor();
    await screenshot(visitor, 'voice-phone-ready');
    await visitor.window.getByRole('button', { name: 'Отправить голосовое сообщение' }).tap();
    await dialog.event('the voice message', isVoice);
    await visitor.log.getByRole('slider').waitFor();
    await screenshot(visitor, 'voice-phone');
    expect(await visitor.window.evaluate((w) => w.scrollWidth <= w.clientWidth)).toBe(true);
  });
});

describe('Why there is no recording is said in one sentence', () => {
  test('when the microphone is refused, and it goes on once it is allowed', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const visitor = await Visitor.visit(context, facts.visitor_url + clinic);
    await visitor.open();
    await mic(visitor).click();
    await visitor.window.getByRole('alert').getByText('The microphone is not allowed here. Allow it beside the page’s address, then try again.').waitFor();
    await screenshot(visitor, 'voice-denied');
    expect(await faults(visitor)).toEqual([]);
    await context.grantPermissions(['microphone'], { origin: new URL(facts.visitor_url).origin });
    await visitor.window.getByRole('button', { name: 'Try again' }).click();
    await lasted(visitor, 1);
  });

  test('when the page’s Permissions-Policy forbids it', async ({ facts }) => {
    // Chromium would not let a page that a test answers for reach this machine.
    const browser = await launch({ args: ['--use-fake-device-for-media-stream', '--disable-features=LocalNetworkAccessChecks'] });
    try {
      const context = await browser.newContext({ locale: 'en-GB' });
      await context.route(facts.visitor_url + clinic, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), 'permissions-policy': 'microphone=()' } });
      });
      const visitor = await patient(context, facts);
      await visitor.open();
      await mic(visitor).click();
      await visitor.window.getByRole('alert').getByText('This page does not allow its chat to use the microphone.').waitFor();
      expect(await visitor.window.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    } finally {
      await browser.close();
    }
  });

  test('when the page is not secure', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    await context.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
    const visitor = await patient(context, facts);
    await visitor.open();
    await mic(visitor).click();
    await visitor.window.getByRole('alert').getByText('Browsers let only pages with https record sound.').waitFor();
  });

  test('when there is no microphone', async ({ facts }) => {
    const bare = await launch();
    try {
      const visitor = await patient(await bare.newContext({ locale: 'en-GB' }), facts);
      await visitor.open();
      await mic(visitor).click();
      await visitor.window.getByRole('alert').getByText('No microphone was found. Connect one, then try again.').waitFor();
    } finally {
      await bare.close();
    }
  });
});
