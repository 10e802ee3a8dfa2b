import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from './stack/fixtures';
import type { Facts } from './stack/start';

const run = promisify(execFile);

/** What the compiler says to a page's script beside the types that the bridge serves; empty if nothing is wrong. */
async function compiled({ public_url: bridge, site }: Facts, script: string): Promise<string> {
  const served = await fetch(`${bridge}/widget/${site}.d.ts`);
  const folder = await mkdtemp(join(resolve('../build/e2e'), 'types-'));
  try {
    await writeFile(join(folder, `${site}.d.ts`), await served.text());
    await writeFile(join(folder, 'page.ts'), script);
    const compilerOptions = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022', 'dom'], module: 'esnext', moduleResolution: 'bundler', types: [], exactOptionalPropertyTypes: true };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`${site}.d.ts`, 'page.ts'] }));
    await run(resolve('node_modules/.bin/tsc'), ['-p', folder]);
    return '';
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    // Only the compiler's own word counts.
    if (typeof code !== 'number' || !stdout) throw error;
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('The types that the bridge serves', () => {
  test('let a page call all that there is, as a module and as a global', { timeout: 120_000 }, async ({ facts }) => {
    const script = `
      import { mount } from '${facts.public_url}/widget/${facts.site}.mjs';
      const chat = mount();
      await chat.open(); await chat.close(); await chat.toggle(); await chat.show(); await chat.hide();
      await chat.identify('token');
      await chat.identify({ name: 'Ann', email: 'ann@example.com', phone: '+44', locale: 'en', variables: { plan: 'gold', seats: 3, paid: true } });
      await chat.set({ plan: 'gold', seats: 3, paid: true });
      await chat.event('cart_abandoned', { total: 28 });
      await chat.event('seen');
      await chat.page(); await chat.page({ url: '/cart', title: 'Cart' });
      const opened = (): void => undefined;
      await chat.on('opened', opened); await chat.off('opened', opened); await chat.off('closed');
      await chat.on('message', ({ id, from, name, text, file, at }) => [id, from === 'bot', name?.length, text.length, file?.length, at.getTime()]);
      await chat.on('unread', (count) => count.toFixed());
      await chat.on('rating', ({ value, max }) => value / max);
      await chat.on('handoff', ({ to, name }) => (to === 'operator' ? name?.length : to));
      const other: typeof chat = await chat.site('other');
      await window.Anteroom?.logout();
      await other.destroy();
      export {};`;
    expect(await compiled(facts, script)).toBe('');
  });

  test('refuse what the chat would refuse', { timeout: 120_000 }, async ({ facts }) => {
    const lines = [
      `chat.on('click', () => undefined);`,
      `chat.on('unread', (count) => count.length);`,
      `chat.set({ cart: ['bowl'] });`,
      `chat.identify({ nick: 'Ann' });`,
      `chat.event();`,
      `chat.page({ url: 5 });`,
      `chat.shout();`,
      `window.Anteroom.open();`,
    ];
    const said = await compiled(facts, `import { mount } from '${facts.public_url}/widget/${facts.site}.mjs';\nconst chat = mount();\n${lines.join('\n')}`);
    // One of each, at its line.
    const told = said.split('\n').flatMap((line) => /page\.ts[(:](\d+)\D.*error TS/.exec(line)?.[1] ?? []);
    expect([...new Set(told)].map(Number)).toEqual(lines.map((_, i) => i + 3));
  });
});
