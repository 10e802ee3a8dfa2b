import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Dialog } from './dialog';
import type { Facts } from './start';

/** Puts messages that read "Message 1", "Message 2" … behind the last one of a dialog, as if months had gone by; open pages hear nothing of them. */
export async function fill(facts: Facts, dialog: Dialog, messages: number): Promise<void> {
  const visitor = /^@anteroom_(\w+):/.exec(dialog.ghost)?.[1] ?? '';
  const args = ['-db', join(facts.dir, 'data', 'anteroom.db'), '-visitor', visitor, '-messages', `${messages}`];
  await promisify(execFile)(resolve('../build/bin/fill'), args);
}
