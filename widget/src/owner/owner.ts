import { el } from './dom';
import { form, named } from './form';
import css from './owner.css?inline';
import { changes } from './settings';
import type { Answer, Look, Told } from './settings';
import { Stage } from './stage';
import { words } from './words';

/** Milliseconds without a further change until the bridge is asked. */
const pause = 250;

const told = JSON.parse(document.querySelector('#settings')?.textContent ?? '{}') as Told;
const language = document.documentElement.lang === 'ru' ? 'ru' : 'en';
const say = words[language];
let look: Look = structuredClone(told.widget);
let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [sheet];

const stage = new Stage(`${told.url}/${told.site}/preview/page`, say, look.language === 'auto' ? language : look.language, Object.fromEntries(Object.keys(look.title).map((l) => [l, named(say, l)])));
const fields = el('form', { submit: (event) => event.preventDefault() });
const says = el('div', { class: 'says', role: 'status' });
const contrast = el('p', { class: 'contrast' });
const yaml = el('pre', { tabindex: 0 });

/** A text to take away, with what it is for. */
function code(what: string, pre: HTMLPreElement): HTMLElement {
  const copy = el('button', { type: 'button', class: 'btn' }, say.copy);
  copy.setAttribute('aria-label', `${say.copy}: ${what}`);
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(pre.textContent).then(() => {
      copy.textContent = say.copied;
      setTimeout(() => (copy.textContent = say.copy), 2000);
    });
  });
  pre.setAttribute('aria-label', what);
  pre.setAttribute('role', 'group');
  return el('div', { class: 'code' }, el('p', {}, what), pre, copy);
}

const fixed = (text: string): HTMLPreElement => el('pre', { tabindex: 0 }, text);

function draw(): void {
  fields.replaceChildren(
    ...form(told, look, say, later),
    el('button', { type: 'button', class: 'btn', click: reset }, say.reset),
  );
}

function reset(): void {
  look = structuredClone(told.widget);
  draw();
  later();
}

function later(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), pause);
}

/** Has the bridge look at the settings as it looks at its config, and shows what comes of them. */
async function ask(): Promise<void> {
  const turn = ++asked;
  let answer: Answer;
  try {
    const response = await fetch(`${told.url}/v1/${told.site}/look`, { method: 'POST', body: JSON.stringify(changes(look)) });
    const came = (await response.json()) as Answer & { text?: string };
    // A refusal says in a sentence what is wrong.
    answer = response.ok ? came : { ...came, faults: [came.text ?? say.lost] };
  } catch {
    if (turn === asked) says.textContent = say.lost;
    return;
  }
  if (turn !== asked) return;
  const { faults, settings } = answer;
  says.replaceChildren(...(faults ? [el('p', {}, say.wrong), ...faults.map((fault) => el('p', {}, fault))] : []));
  if (!settings) return;
  stage.show(settings, answer.moments ?? {});
  yaml.textContent = answer.yaml ?? '';
  const [light, dark] = answer.contrast;
  contrast.textContent = say.contrast(light.toFixed(1), dark.toFixed(1));
}

draw();
document.querySelector('#preview')?.append(
  el(
    'div',
    { class: 'head' },
    el('h1', {}, say.heading(told.name)),
    el('a', { href: `?lang=${language === 'ru' ? 'en' : 'ru'}`, lang: language === 'ru' ? 'en' : 'ru' }, say.other),
    el('p', {}, say.about),
  ),
  fields,
  // In a box of its own: what stays in view would else do so over what follows, too.
  el('div', { class: 'beside' }, el('div', { class: 'side' }, says, stage.element, contrast)),
  el(
    'section',
    { class: 'take', 'aria-labelledby': 'take' },
    el('h2', { id: 'take' }, say.take),
    code(say.config, yaml),
    ...(told.files.length > 0 ? [el('p', { class: 'contrast' }, say.keep(told.files.join(', ')))] : []),
    code(say.tag, fixed(`<script async src="${told.url}/widget/${told.site}.js"></script>`)),
    code(say.module, fixed(`import { mount } from '${told.url}/widget/${told.site}.mjs';\n\nmount();`)),
    code(say.link, fixed(`${told.url}/${told.site}/chat`)),
    el(
      'figure',
      { class: 'qr' },
      el('img', { src: `${told.url}/${told.site}/chat.svg`, alt: say.qr, width: 148, height: 148 }),
      el('figcaption', {}, say.qrAbout, ' ', el('a', { href: `${told.url}/${told.site}/chat.svg`, download: `${told.site}-chat.svg` }, say.qrSave)),
    ),
  ),
);
void ask();
