#!/usr/bin/env node
// Stands where the demo looks for the bridge, and runs it as a service manager does: it
// stays while the bridge is away, and starts it again when told by SIGUSR2. See restart.ts.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const { BRIDGE: program, KEPT: folder } = process.env;
const args = process.argv.slice(2);
/** Only what runs is kept: other commands end by themselves. */
let isOver = args[0] !== 'run';

function run() {
  const child = spawn(program, args, { stdio: 'inherit' });
  const pid = `${folder}/bridge.pid`;
  if (!isOver) writeFileSync(pid, String(child.pid));
  child.on('exit', (code) => {
    rmSync(pid, { force: true });
    if (isOver) process.exit(code ?? 1);
  });
  return child;
}

let bridge = run();
writeFileSync(`${folder}/keeper.pid`, String(process.pid));
// While the bridge is away, nothing else keeps it here.
if (!isOver) setInterval(() => undefined, 3_600_000);
process.on('SIGUSR2', () => {
  bridge = run();
});
// Without a listener it would end like that, and the bridge go on.
process.on('SIGTERM', () => {
  isOver = true;
  // It may be away, and then nobody tells of its end.
  if (!bridge.kill()) process.exit();
});
