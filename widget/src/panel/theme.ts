/** Light or dark, by what the client says or else by what the system likes. */
export class Theme {
  #named: string | undefined;
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');

  constructor(named: string | undefined) {
    this.#named = named;
    this.#dark.addEventListener('change', () => this.#show());
    this.#show();
  }

  /** The client shows another theme now. */
  set(name: string): void {
    this.#named = name;
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = kindOf(this.#named) ?? (this.#dark.matches ? 'dark' : 'light');
  }
}

/** Clients have themes of many names, as "dark-custom" or "high-contrast-light". */
function kindOf(name: string | undefined): 'dark' | 'light' | undefined {
  if (!name) return undefined;
  if (/dark|black|night/i.test(name)) return 'dark';
  return /light|white/i.test(name) ? 'light' : undefined;
}
