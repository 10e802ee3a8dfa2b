import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { lastLines } from './logs';
import { ended, up } from './start';
import type { Facts } from './start';

/** The bridge ends and is up again within so many milliseconds, each, on a busy machine. */
const patience = 30_000;

/** A demo of its own, whose bridge can be ended and started again while all else goes on. */
export class Restarted {
  readonly facts: Facts;
  readonly #demo: ChildProcess;
  readonly #kill = (): void => void this.#demo.kill('SIGTERM');

  private constructor(demo: ChildProcess, facts: Facts) {
    this.#demo = demo;
    this.facts = facts;
    // Whatever ends the tests ends the demo.
    process.once('exit', this.#kill);
  }

  static async start(): Promise<Restarted> {
    const built = resolve('../build/bin');
    const folder = resolve('../build/e2e');
    await mkdir(folder, { recursive: true });
    const dir = await mkdtemp(join(folder, 'restart-'));
    const bin = join(dir, 'bin');
    await mkdir(bin);
    await Promise.all(['dendrite', 'create-account', 'generate-keys'].map((name) => symlink(join(built, name), join(bin, name))));
    await symlink(resolve('e2e/stack/keeper.mjs'), join(bin, 'anteroom'));
    const demo = spawn(join(built, 'demo'), ['-dir', dir, '-bin', bin, '-bot=false'], {
      env: { ...process.env, DEMO_PORT_BASE: '0', BRIDGE: join(built, 'anteroom'), KEPT: dir },
      stdio: 'ignore',
    });
    try {
      return new Restarted(demo, { ...(await up(demo, dir)), endpoint_url: '', mails: '' });
    } catch (cause) {
      await ended(demo);
      throw new Error(`The demo did not start.\n${await lastLines(dir)}`, { cause });
    }
  }

  /** Ends the bridge as its admin would, by SIGTERM; what is done meanwhile falls into its end. */
  async end(meanwhile: () => Promise<unknown>): Promise<void> {
    process.kill(await this.#pid('bridge'), 'SIGTERM');
    await meanwhile();
    const isThere = (): Promise<boolean> => access(this.#file('bridge')).then(() => true, () => false);
    await turns(isThere, 'the end of the bridge', false);
  }

  /** Starts the bridge again; resolves once it serves the chat. */
  async begin(): Promise<void> {
    process.kill(await this.#pid('keeper'), 'SIGUSR2');
    const answers = (): Promise<boolean> => fetch(`${this.facts.public_url}/widget/${this.facts.site}.js`).then(({ ok }) => ok, () => false);
    await turns(answers, 'that the bridge serves the chat', true);
  }

  async stop(): Promise<void> {
    await ended(this.#demo);
    process.off('exit', this.#kill);
    await rm(this.facts.dir, { recursive: true, force: true });
  }

  #file(of: 'bridge' | 'keeper'): string {
    return join(this.facts.dir, `${of}.pid`);
  }

  async #pid(of: 'bridge' | 'keeper'): Promise<number> {
    return Number(await readFile(this.#file(of), 'utf8'));
  }
}

async function turns(ask: () => Promise<boolean>, what: string, right: boolean): Promise<void> {
  await expect.poll(ask, { timeout: patience, interval: 50, message: what }).toBe(right);
}
