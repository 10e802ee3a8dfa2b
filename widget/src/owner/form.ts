import type { Language } from '../loader/host';
import { choice, el, labelled, tick } from './dom';
import type { Look, Texts, Told, When } from './settings';
import type { Words } from './words';

/** The form of the settings: it changes the look, and says so. */
export function form(told: Told, look: Look, say: Words, changed: () => void): HTMLElement[] {
  const set = (change: () => void) => (): void => {
    change();
    changed();
  };
  const line = (words: string, value: string, take: (value: string) => void, more: Record<string, string | number | boolean> = {}): HTMLElement => {
    const input = el('input', { type: 'text', value, input: () => set(() => take(input.value))(), ...more });
    return labelled(words, input);
  };
  const number = (words: string, value: number, take: (value: number) => void, min: number, max: number): HTMLElement => {
    const input = el('input', { type: 'number', value, min, max, step: 1, input: () => Number.isInteger(input.valueAsNumber) && set(() => take(input.valueAsNumber))() });
    return labelled(words, input);
  };
  const colour = (words: string, value: string, take: (value: string) => void): HTMLElement =>
    line(words, value, take, { type: 'color' });
  const texts = (words: string, text: Texts, maxlength: number, rows = 1): HTMLElement =>
    el(
      'fieldset',
      { class: 'texts' },
      el('legend', {}, words),
      ...Object.keys(text).map((l) => {
        const input = rows > 1 ? el('textarea', { rows, maxlength, lang: l, dir: 'auto' }, text[l] ?? '') : el('input', { type: 'text', value: text[l], maxlength, lang: l, dir: 'auto' });
        input.addEventListener('input', () => set(() => void (text[l] = input.value))());
        return labelled(named(say, l), input);
      }),
    );
  const select = (words: string, options: Readonly<Record<string, string>>, chosen: string, take: (value: string) => void): HTMLElement => {
    const input = el('select', { change: () => set(() => take(input.value))() }, ...Object.entries(options).map(([value, name]) => el('option', { value, selected: value === chosen }, name)));
    return labelled(words, input);
  };
  /** What is there only while its tick is set. */
  const optional = (words: string, on: boolean, part: () => HTMLElement[], turn: (on: boolean) => void): HTMLElement => {
    const inner = el('div', { class: 'inner' }, ...(on ? part() : []));
    const box = tick(words, on, (now) => {
      set(() => turn(now))();
      inner.replaceChildren(...(now ? part() : []));
    });
    return el('div', {}, box, inner);
  };
  const pair = (legend: string, offset: { side: number; bottom: number }): HTMLElement =>
    el(
      'fieldset',
      { class: 'texts' },
      el('legend', {}, legend),
      number(say.side, offset.side, (n) => void (offset.side = n), 0, 400),
      number(say.bottom, offset.bottom, (n) => void (offset.bottom = n), 0, 400),
    );

  const { launcher, hide } = look;
  const isOwn = !told.icons.includes(launcher.icon);
  const path = el('div', { class: 'inner' });
  const drawPath = (own: boolean): void => {
    const area = el('textarea', { rows: 3, spellcheck: 'false', input: () => set(() => void (launcher.icon = area.value.trim()))() }, own ? launcher.icon : '');
    path.replaceChildren(...(own ? [labelled(say.path, area)] : []));
  };
  drawPath(isOwn);
  const own: Readonly<Record<string, string>> = say.icons;
  const icons = Object.fromEntries([...told.icons, 'own'].map((name) => [name, own[name] ?? name]));

  const spoken = Object.fromEntries(Object.keys(look.title).map((l) => [l, named(say, l)]));

  /** What is asked in a form of the three that it knows a visitor by; further fields stay. */
  const asked = (when: When): HTMLElement => {
    const now = (type: string): string => {
      const field = look.forms[when]?.fields.find((f) => f.type === type);
      return field ? (field.required ? 'must' : 'may') : 'no';
    };
    return el(
      'fieldset',
      { class: 'texts' },
      el('legend', {}, say.forms[when]),
      ...(['name', 'email', 'phone'] as const).map((type) =>
        select(say.fields[type], say.asks, now(type), (v) => {
          const edited = look.forms[when] ?? { fields: [] };
          const at = edited.fields.findIndex((f) => f.type === type);
          const field = { ...edited.fields[at], type, required: v === 'must' };
          edited.fields.splice(at < 0 ? edited.fields.length : at, at < 0 ? 0 : 1, ...(v === 'no' ? [] : [field]));
          look.forms[when] = edited.fields.length > 0 ? edited : null;
        }),
      ),
    );
  };

  /** What is said first, one under the other, each with what takes it away. */
  const firsts = (): HTMLElement[] => {
    const list = el('div', { class: 'inner' });
    const draw = (): void =>
      list.replaceChildren(
        ...look.proactive.map((p, i) => {
          const { text: was } = p;
          const said: Texts = Object.fromEntries(Object.keys(look.title).map((l) => [l, typeof was === 'string' ? was : (was[l] ?? '')]));
          p.text = said;
          const pages = el('textarea', { rows: 2, spellcheck: 'false', input: () => set(() => void (p.pages = lines(pages.value)))() }, p.pages.join('\n'));
          const drop = el('button', { type: 'button', class: 'btn' }, say.firstDrop);
          drop.addEventListener('click', () => {
            set(() => look.proactive.splice(i, 1))();
            draw();
          });
          return el('div', { class: 'inner' }, texts(say.firstText(p.name), said, 240, 2), labelled(say.firstPages, pages), line(say.firstAfter, p.after, (v) => void (p.after = v.trim())), drop);
        }),
      );
    draw();
    const add = el('button', { type: 'button', class: 'btn' }, say.firstAdd);
    add.addEventListener('click', () => {
      let n = look.proactive.length + 1;
      while (look.proactive.some((p) => p.name === `message-${n}`)) n++;
      set(() => look.proactive.push({ name: `message-${n}`, text: say.firstDefault, pages: [], after: '5s' }))();
      draw();
    });
    return [list, add];
  };

  return [
    section(
      say.colours,
      colour(say.color, look.color, (v) => void (look.color = v)),
      optional(
        say.ownInk,
        !!look.ink,
        () => [colour(say.ink, look.ink, (v) => void (look.ink = v))],
        (on) => void (look.ink = on ? '#ffffff' : ''),
      ),
      optional(
        say.ownDark,
        !!look.dark_color,
        () => [
          colour(say.darkColor, look.dark_color, (v) => void (look.dark_color = v)),
          optional(
            say.ownInk,
            !!look.dark_ink,
            () => [colour(say.darkInk, look.dark_ink, (v) => void (look.dark_ink = v))],
            (on) => void (look.dark_ink = on ? '#ffffff' : ''),
          ),
        ],
        (on) => {
          look.dark_color = on ? look.color : '';
          look.dark_ink = '';
        },
      ),
      select(say.theme, say.themes, look.theme, (v) => void (look.theme = v as Look['theme'])),
    ),
    section(
      say.button,
      choice(say.position, say.positions, look.position, (v) => set(() => void (look.position = v))()),
      select(say.icon, icons, isOwn ? 'own' : launcher.icon, (v) => {
        if (v === 'own') launcher.icon = 'M4 4h16v16H4z';
        else launcher.icon = v;
        drawPath(v === 'own');
      }),
      path,
      texts(say.text, launcher.text, 24),
      number(say.size, launcher.size, (n) => void (launcher.size = n), 44, 96),
      pair(say.offset, look.offset),
      pair(say.phoneOffset, look.phone_offset),
      number(say.layer, look.z_index, (n) => void (look.z_index = n), 1, 2147483647),
    ),
    section(
      say.texts,
      texts(say.title, look.title, 60),
      texts(say.team, look.team, 80),
      texts(say.greeting, look.greeting, 500, 3),
      select(say.language, { auto: say.languageAuto, ...spoken }, look.language, (v) => void (look.language = v)),
      select(say.fallback, spoken, look.fallback, (v) => void (look.fallback = v)),
    ),
    section(
      say.first,
      ...firsts(),
    ),
    section(
      say.around,
      el('p', { class: 'contrast' }, say.aroundAbout),
      texts(say.away, look.away, 300, 2),
      ...(['start', 'handoff', 'away'] as const).map(asked),
      tick(say.person, look.person, (on) => set(() => void (look.person = on))()),
      select(say.rating, say.ratings, look.rating, (v) => void (look.rating = v as Look['rating'])),
      ...(['telegram', 'whatsapp', 'email', 'phone'] as const).map((c) => line(say.channels[c], look.channels[c], (v) => void (look.channels[c] = v.trim()))),
    ),
    section(
      say.attention,
      tick(say.sound, look.sound, (on) => set(() => void (look.sound = on))()),
      select(say.notifications, say.notes, look.notifications, (v) => void (look.notifications = v as Look['notifications'])),
    ),
    section(say.consents, texts(say.consent, look.consent, 1000, 3), texts(say.privacy, look.privacy, 2048)),
    section(
      say.hidden,
      (() => {
        const area = el('textarea', { rows: 3, spellcheck: 'false', input: () => set(() => void (hide.pages = lines(area.value)))() }, (hide.pages ?? []).join('\n'));
        return labelled(say.pages, area);
      })(),
      el(
        'div',
        { class: 'ticks' },
        ...Object.entries(say.devices).map(([device, name]) =>
          tick(name, !!hide.devices?.includes(device), (on) => set(() => void (hide.devices = [...(hide.devices ?? []).filter((d) => d !== device), ...(on ? [device] : [])]))()),
        ),
      ),
    ),
  ];
}

/** A language as people call it. */
export const named = (say: Words, language: Language): string => (say.languages as Readonly<Record<string, string>>)[language] ?? new Intl.DisplayNames(document.documentElement.lang, { type: 'language' }).of(language) ?? language;

const lines = (text: string): string[] => text.split('\n').map((l) => l.trim()).filter(Boolean);

const section = (legend: string, ...parts: HTMLElement[]): HTMLElement => el('fieldset', { class: 'section' }, el('legend', {}, legend), ...parts);
