/**
 * What came with an entry is checked here, at its first use: in the transport,
 * where all frames are checked, every visitor would load it. One fault makes an
 * offer unknown, because buttons are counted by their places.
 */
interface Wild {
  readonly [name: string]: unknown;
}

const missing = (v: unknown): boolean => v === undefined || v === null;
const isText = (v: unknown): boolean => typeof v === 'string';
const mayBeText = (v: unknown): boolean => missing(v) || isText(v);
const mayBeFlag = (v: unknown): boolean => missing(v) || typeof v === 'boolean';
const mayBeNumber = (v: unknown): boolean => missing(v) || typeof v === 'number';
const mayBe = (v: unknown, fits: (v: Wild) => boolean): boolean => missing(v) || (typeof v === 'object' && fits(v as Wild));
const mayBeList = (v: unknown, fits: (v: Wild) => boolean): boolean =>
  missing(v) || (Array.isArray(v) && v.every((one) => fits(Object(one) as Wild)));

const isButton = ({ text, url }: Wild): boolean => isText(text) && mayBeText(url);
const isPicture = ({ id, kind, name, type, size, url, width, height }: Wild): boolean =>
  [id, kind, name, type, url].every(isText) && typeof size === 'number' && mayBeNumber(width) && mayBeNumber(height);
const isCard = ({ title, text, image, buttons }: Wild): boolean =>
  isText(title) && mayBeText(text) && mayBe(image, isPicture) && mayBeList(buttons, isButton);
const isAsk = ({ type, choices, many, min, max, placeholder }: Wild): boolean =>
  isText(type) &&
  (missing(choices) || (Array.isArray(choices) && choices.every(isText))) &&
  mayBeFlag(many) &&
  [min, max, placeholder].every(mayBeText);

/** True for an Offer of the wire. */
export function isOffer(v: unknown): boolean {
  return (
    !missing(v) &&
    mayBe(v, ({ buttons, quick, ask, cards }) => mayBeList(buttons, isButton) && mayBeFlag(quick) && mayBe(ask, isAsk) && mayBeList(cards, isCard))
  );
}

/** True for an Answer of the wire. */
export function isAnswer(v: unknown): boolean {
  return !missing(v) && mayBe(v, ({ entry, button, value }) => isText(entry) && mayBeNumber(button) && mayBeText(value));
}
