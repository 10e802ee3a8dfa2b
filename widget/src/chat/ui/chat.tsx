import { h, render } from 'preact';
import type { Strings } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import { start } from '../transport';
import { App } from './App';
import { adopt, adopted } from './context';
import css from './chat.css?inline';
import { ownTask } from './task';

let container: HTMLElement | undefined;

interface Asked {
  readonly host: Host;
  readonly strings: Strings;
  readonly open: boolean;
  readonly quiet: boolean | undefined;
}

/** How the window was last asked for: while it is drawn for the first time that may change. */
let asked: Asked;

/** Shows or hides the window; the first call draws it, in tasks of its own: a slow phone would stand still in one. Quietly, it takes no focus. */
export async function show(host: Host, strings: Strings, open: boolean, quiet?: boolean): Promise<void> {
  asked = { host, strings, open, quiet };
  // A chat that was destroyed and begun again has another root.
  if (container?.parentNode !== host.root) {
    adopted.clear();
    adopt(host.root, css);
    container = document.createElement('div');
    host.root.append(container);
    const arrow = host.launcher.querySelector('path')?.cloneNode() as Element;
    arrow.setAttribute('d', 'M6 9.5l6 6 6-6');
    (host.launcher.firstChild as Element).append(arrow);
    const drawn = container;
    host.clear = () => render(undefined, drawn);
    await ownTask();
    if (host.life.signal.aborted) return;
  }
  const session = start(asked.host);
  if (open) session.wake();
  // Another session is another person's, or a person's other dialog: nothing stays of what the window held.
  render(<App key={session} session={session} {...asked} />, container);
}
