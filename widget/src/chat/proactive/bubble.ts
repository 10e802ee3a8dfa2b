import type { Host } from '../../loader/host';
import css from '../preview/preview.css?inline';

interface Does {
  open(): void;
  hide(): void;
}

/** A small bubble beside the button, which looks as a message there does. It takes no focus. */
export class Bubble {
  /** Here before what is said, so that a screen reader reads out what comes into it. */
  readonly #element = document.createElement('div');
  readonly #host: Host;
  readonly #hideIt: string;
  readonly #does: Does;

  constructor(host: Host, hideIt: string, does: Does) {
    this.#host = host;
    this.#hideIt = hideIt;
    this.#does = does;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, sheet];
    this.#element.className = 'preview proactive';
    this.#element.setAttribute('role', 'status');
    this.#element.onkeydown = ({ key }) => {
      if (key === 'Escape') does.hide();
    };
    host.launcher.before(this.#element);
  }

  /** Shows the text, or with none takes the bubble away; the focus in it goes to the button. */
  show(text: string): void {
    const { activeElement } = this.#host.root;
    const inside = !!activeElement && this.#element.contains(activeElement);
    this.#element.replaceChildren(...(text ? this.#content(text) : []));
    if (inside) this.#host.launcher.focus();
  }

  #content(text: string): Node[] {
    const said = document.createElement('span');
    said.className = 'whole';
    said.dir = 'auto';
    said.textContent = text;
    const open = document.createElement('button');
    open.append(said);
    open.onclick = () => this.#does.open();
    const hide = document.createElement('button');
    hide.className = 'hide';
    hide.setAttribute('aria-label', this.#hideIt);
    hide.textContent = '×';
    hide.onclick = () => this.#does.hide();
    return [open, hide];
  }
}
