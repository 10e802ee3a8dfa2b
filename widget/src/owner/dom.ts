type Props = Readonly<Record<string, string | number | boolean | ((event: Event) => void) | undefined>>;

/** Makes an element; functions are listeners, true and false are attributes that are there or not. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

let labels = 0;

/** A label above its control. */
export function labelled(words: string, control: HTMLElement): HTMLElement {
  control.id = `f${++labels}`;
  return el('div', { class: 'field' }, el('label', { for: control.id }, words), control);
}

/** A choice that is all in sight; it calls back with what was chosen. */
export function choice<T extends string>(legend: string, options: Readonly<Record<T, string>>, chosen: T, take: (value: T) => void): HTMLElement {
  const name = `c${++labels}`;
  return el(
    'fieldset',
    { class: 'choice' },
    el('legend', {}, legend),
    ...(Object.entries(options) as [T, string][]).map(([value, words]) =>
      el('label', {}, el('input', { type: 'radio', name, value, checked: value === chosen, change: () => take(value) }), el('span', {}, words)),
    ),
  );
}

export function tick(words: string, checked: boolean, take: (on: boolean) => void): HTMLElement {
  const box = el('input', { type: 'checkbox', checked, change: () => take(box.checked) });
  return el('label', { class: 'tick' }, box, el('span', {}, words));
}
