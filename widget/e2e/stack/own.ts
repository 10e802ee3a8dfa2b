import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import type { Facts } from './start';
import { Visitor } from './visitor';

/** A page that a site owner could have; it is served at the shop's origin, which is one of the site's. */
export interface Own {
  readonly html: string;
  readonly type?: string;
  readonly policy?: string;
}

let count = 0;

/** Serves a page to the profile; resolves with its address. */
export async function serve(context: BrowserContext, { visitor_url: shop }: Facts, { html, type = 'text/html; charset=utf-8', policy }: Own): Promise<string> {
  const url = `${shop}own/${++count}`;
  // A page that is served so has no address, and Chromium asks before such a one calls this machine.
  await context.grantPermissions(['local-network-access'], { origin: new URL(shop).origin });
  await context.route(url, (route) => route.fulfill({ body: html, headers: { 'content-type': type, ...(policy && { 'content-security-policy': policy }) } }));
  return url;
}

/** Opens such a page. */
export async function visit(context: BrowserContext, facts: Facts, page: Own): Promise<Visitor> {
  return Visitor.visit(context, await serve(context, facts, page));
}

/** The tag of a site's chat, as README.md of the project has it. */
export const tag = ({ public_url: bridge, site: shop }: Facts, site = shop, more = 'async'): string => `<script ${more} src="${bridge}/widget/${site}.js"></script>`;

/** The lines that README.md gives to pages which call before the script is there. */
export async function queue(): Promise<string> {
  const readme = await readFile('../README.md', 'utf8');
  return /<script nonce="…">\s*(window\.Anteroom \|\|[^]*?)<\/script>/.exec(readme)?.[1] ?? '';
}

/** A policy of only what the chat cannot do without: what is missing here is forbidden. */
export const strictest = ({ public_url: bridge }: Facts, scripts: string, types = "'none'"): string =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    `connect-src ${bridge} ${bridge.replace('http', 'ws')}`,
    `img-src ${bridge}`,
    `media-src ${bridge}`,
    "style-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    `trusted-types ${types}`,
  ].join('; ');
