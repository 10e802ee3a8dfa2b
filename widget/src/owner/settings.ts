import type { Beside, Language, Settings } from '../loader/host';

export type Texts = Record<Language, string>;

interface Offset {
  side: number;
  bottom: number;
}

export type When = 'start' | 'handoff' | 'away';

/** A form; what the page does not change of it stays as it is. */
export interface Form {
  title?: unknown;
  fields: { type: string; required?: boolean }[];
}

/** What the window is looked at in: as the bridge has it now, or at a moment of a talk. */
export type Moment = 'now' | When | 'rating';

/** What stands beside the talk at the moments that the settings have something for. */
export type Moments = Partial<Readonly<Record<Moment, Readonly<Record<Language, Beside>>>>>;

export interface Proactive {
  name: string;
  /** One text for all languages, or one for each. */
  text: string | Texts;
  pages: string[];
  /** As the config writes it: "5s". */
  after: string;
}

/** What the owner changes; the keys are those of the section "widget" of the config. */
export interface Look {
  title: Texts;
  greeting: Texts;
  team: Texts;
  color: string;
  dark_color: string;
  ink: string;
  dark_ink: string;
  position: 'right' | 'left';
  offset: Offset;
  phone_offset: Offset;
  launcher: { icon: string; text: Texts; size: number };
  z_index: number;
  theme: 'auto' | 'light' | 'dark';
  language: 'auto' | Language;
  fallback: Language;
  away: Texts;
  consent: Texts;
  privacy: Texts;
  sound: boolean;
  notifications: 'text' | 'name' | 'off';
  person: boolean;
  rating: 'stars' | 'thumbs' | 'off';
  forms: Record<When, Form | null>;
  channels: { telegram: string; whatsapp: string; email: string; phone: string; links: unknown };
  proactive: Proactive[];
  hide: { pages: string[] | null; devices: string[] | null };
}

/** What the bridge writes into the page. */
export interface Told {
  readonly site: string;
  readonly name: string;
  /** public_url, without a slash at the end. */
  readonly url: string;
  readonly widget: Look;
  readonly icons: readonly string[];
  /** The keys of the section that name files; the page knows no more of them. */
  readonly files: readonly string[];
}

/** What the bridge answers to settings; see bridge/gateway/preview.go. */
export interface Answer {
  readonly faults?: readonly string[];
  readonly settings?: Settings;
  readonly yaml?: string;
  readonly contrast: readonly [number, number];
  readonly moments?: Moments;
}

/** A text that says nothing in any language is none. */
function text(t: Texts): unknown {
  const said = Object.entries(t).filter(([, words]) => words);
  return said.length ? Object.fromEntries(said) : '';
}

/** The settings as they stand in the config. */
export function changes(look: Look): object {
  const { title, greeting, team, launcher, hide, away, consent, privacy, proactive, ...rest } = look;
  return {
    ...rest,
    title: text(title),
    greeting: text(greeting),
    team: text(team),
    away: text(away),
    consent: text(consent),
    privacy: text(privacy),
    proactive: proactive.map((p) => ({ ...p, text: typeof p.text === 'string' ? p.text : text(p.text) })),
    launcher: { ...launcher, text: text(launcher.text) },
    hide: { pages: hide.pages ?? [], devices: hide.devices ?? [] },
  };
}
