/** The parts of messages that a plain talk does without: one chunk, loaded on first use. */
export { FileView } from './FileView';
export { Menu } from './Menu';
export { Banner, Failed, Fold, Place, Quote, Reactions } from './Parts';
export { linked, rich } from './rich';
export { default as css } from './extras.css?inline';
