import { h, render } from 'preact';
import type { Strings } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import { start } from '../transport';
import { App } from './App';
import { adopt, adopted } from './context';
import css from './chat.css?inline';

let container: HTMLElement | undefined;

/** Shows or hides the window; the first call draws it. Quietly, it takes no focus. */
export function show(host: Host, strings: Strings, open: boolean, quiet?: boolean): void {
  // A chat that was destroyed and begun again has another root.
  if (container?.parentNode !== host.root) {
    adopted.clear();
    adopt(host.root, css);
    container = document.createElement('div');
    // The page's shortcuts would take what is typed here for theirs: it sees
    // the host element as the target, not the text field inside.
    for (const type of ['keydown', 'keyup', 'keypress']) {
      container.addEventListener(type, (event) => event.stopPropagation());
    }
    host.root.append(container);
    const arrow = host.launcher.querySelector('path')?.cloneNode() as Element;
    arrow.setAttribute('d', 'M6 9.5l6 6 6-6');
    host.launcher.firstChild?.appendChild(arrow);
    host.clear = render.bind(undefined, undefined, container);
  }
  const session = start(host);
  if (open) session.wake();
  // Another session is another person's, or a person's other dialog: nothing stays of what the window held.
  render(<App key={session} host={host} session={session} strings={strings} open={open} quiet={quiet} />, container);
}
