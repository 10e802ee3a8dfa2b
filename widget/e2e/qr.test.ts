import { describe, eventually, expect, test } from './stack/fixtures';
import { read, see } from './stack/qr';
import { Visitor } from './stack/visitor';

describe('The QR code of the page that is all chat', () => {
  test('is a picture in the preview, on white also in the dark, and scanners are led to the chat', async ({ profiles, facts, operator }) => {
    const visitor = new Visitor(await (await profiles.fresh({ colorScheme: 'dark' })).newPage());
    const { page } = visitor;
    await page.goto(`${facts.public_url}/${facts.site}/preview`);
    const picture = page.getByRole('img', { name: 'QR code of the chat’s page' });
    await eventually(() => picture.evaluate((e: HTMLImageElement) => e.complete && e.naturalWidth > 0), 'the picture', true);
    const { modules, quiet } = await see(picture);
    expect(quiet).toBe(4);
    const address = read(modules);
    expect(address).toBe(`${facts.public_url}/${facts.site}/chat`);
    await page.goto(address);
    await visitor.textbox.waitFor();
    await visitor.says('From the code at your door');
    await operator.dialog('From the code at your door');
  });

  test('is a drawing of a size to print, which a browser shows by itself, and is saved by a press under a name of its own', async ({ profiles, facts }) => {
    const page = await (await profiles.fresh()).newPage();
    const response = await page.goto(`${facts.public_url}/${facts.site}/chat.svg`);
    expect(response?.headers()['content-type']).toBe('image/svg+xml');
    const svg = page.locator('svg');
    expect(await svg.evaluate((e) => e === document.documentElement)).toBe(true);
    // In pixels as CSS counts them, 96 to an inch.
    const { width = 0, height = 0 } = (await svg.boundingBox()) ?? {};
    expect(width).toBe(height);
    expect((width / 96) * 25.4).toBeGreaterThanOrEqual(30);
    expect((width / 96) * 25.4).toBeLessThanOrEqual(60);
    await page.goto(`${facts.public_url}/${facts.site}/preview`);
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save the drawing (SVG)' }).click();
    expect((await saved).suggestedFilename()).toBe(`${facts.site}-chat.svg`);
  });
});
