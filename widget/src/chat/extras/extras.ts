/** The parts of messages that a plain talk does without: one chunk, loaded on first use. */
import contrast from './contrast.css?inline';
import own from './extras.css?inline';

export { Above, Below } from './Around';
export { FileView } from './FileView';
export { opening, safeURL } from './links';
export { Lead } from './Lead';
export { rows } from './long';
export { Menu } from './Menu';
export { Dock } from './Offers';
export { Banner, Earlier, Jump, Typing } from './Parts';
export { Text } from './Text';
export const css = own + contrast;
