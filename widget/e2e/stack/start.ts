import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, watch } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestProject } from 'vitest/node';
import { lastLines } from './logs';

/** What the demo writes into demo.json once a visitor can write. */
export interface Facts {
  readonly visitor_url: string;
  readonly public_url: string;
  readonly homeserver_url: string;
  readonly operator: { readonly user_id: string; readonly password: string };
  readonly site: string;
  /** With it the site's server signs who a visitor is. */
  readonly identity_secret: string;
  /** Where the model of the site assistant is told what to say, see stack/endpoint.ts. */
  readonly endpoint_url: string;
  /** The folder of the mails that were sent, see stack/post.ts. */
  readonly mails: string;
  /** The folder with data and logs. */
  readonly dir: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    facts: Facts;
  }
}

/** The demo may take so long to be up, in milliseconds, on a busy machine. */
const startWithin = 120_000;
/** Its own limits for stopping its parts add up to less, in milliseconds. */
const stopWithin = 30_000;

/** Starts the demo with a fresh folder and free ports; stops it after the last test. */
export default async function start({ provide }: TestProject): Promise<() => Promise<void>> {
  const bin = resolve('../build/bin');
  const dir = await freshFolder();
  const endpoint = spawn(join(bin, 'endpoint'), { stdio: ['ignore', 'pipe', 'inherit'] });
  const endpointURL = await firstLine(endpoint);
  const mails = join(dir, 'mails');
  await mkdir(mails);
  const postbox = spawn(join(bin, 'postbox'), [mails], { stdio: ['ignore', 'pipe', 'inherit'] });
  const mailServer = `127.0.0.1:${await firstLine(postbox)}`;
  // Without the bot, so that nobody but the operator answers.
  const sites = ['-bot=false', '-chains', resolve('e2e/chains'), '-endpoint', endpointURL, '-knowledge', resolve('e2e/knowledge'), '-mail', mailServer];
  const demo = spawn(join(bin, 'demo'), ['-dir', dir, '-bin', bin, ...sites], {
    env: { ...process.env, DEMO_PORT_BASE: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  demo.stdout.on('data', (data: Buffer) => output.push(data.toString()));
  demo.stderr.on('data', (data: Buffer) => output.push(data.toString()));
  // Whatever ends the tests ends the demo.
  const kill = (): void => {
    demo.kill('SIGTERM');
    endpoint.kill('SIGTERM');
    postbox.kill('SIGTERM');
  };
  process.once('exit', kill);

  const stop = async (): Promise<void> => {
    await ended(demo);
    endpoint.kill('SIGTERM');
    postbox.kill('SIGTERM');
    process.off('exit', kill);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    provide('facts', { ...(await up(demo, dir)), endpoint_url: endpointURL, mails });
  } catch (cause) {
    const logs = await lastLines(dir);
    await stop();
    throw new Error(`The demo did not start; "make demo-build" builds it.\n${output.join('')}\n${logs}`, { cause });
  }
  return stop;
}

/** What a helper of the tests says first: where it listens. */
async function firstLine(helper: ChildProcess): Promise<string> {
  const [data] = (await Promise.race([once(helper.stdout as Readable, 'data'), once(helper, 'error')])) as [unknown];
  if (data instanceof Buffer) return data.toString().trim();
  throw new Error(`${helper.spawnfile} did not start; "make demo-build" builds it.`, { cause: data });
}

/** Makes a folder for this run's data, and drops the last run's pictures of failures. */
async function freshFolder(): Promise<string> {
  const folder = resolve('../build/e2e');
  await mkdir(folder, { recursive: true });
  const old = (await readdir(folder)).filter((name) => name.startsWith('failed-'));
  await Promise.all(old.map((name) => rm(join(folder, name))));
  return mkdtemp(join(folder, 'run-'));
}

/** Waits for demo.json, which the demo writes last and as a whole. */
export async function up(demo: ChildProcess, dir: string): Promise<Facts> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(new Error('it took too long')), startWithin);
  demo.once('error', (error) => giveUp.abort(error));
  demo.once('exit', (code) => giveUp.abort(new Error(`it ended with exit code ${code}`)));
  try {
    for await (const { filename } of watch(dir, { signal: giveUp.signal })) {
      if (filename === 'demo.json') return JSON.parse(await readFile(join(dir, filename), 'utf8')) as Facts;
    }
    throw new Error('its folder is gone');
  } catch (error) {
    throw giveUp.signal.aborted ? giveUp.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends a demo, and waits for that. */
export async function ended(demo: ChildProcess): Promise<void> {
  if (demo.pid === undefined || demo.exitCode !== null || demo.signalCode !== null) return;
  const exit = once(demo, 'exit');
  demo.kill('SIGTERM');
  const timer = setTimeout(() => demo.kill('SIGKILL'), stopWithin);
  await exit;
  clearTimeout(timer);
}
