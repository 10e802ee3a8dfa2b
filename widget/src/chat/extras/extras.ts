/** The parts of messages that a plain talk does without: one chunk, loaded on first use. */
export { FileView } from './FileView';
export { safeURL } from './links';
export { Menu } from './Menu';
export { Dock, Offers } from './Offers';
export { Banner, Earlier, Failed, Jump, Place, Quote, Reactions, Typing } from './Parts';
export { Text } from './Text';
export { default as css } from './extras.css?inline';
