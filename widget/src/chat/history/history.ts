/** Of a long dialog only what is near the eye is drawn; and what a message answers is found, however old it is. One chunk, loaded with the first need of either. */
export { find } from './find';
export { rows } from './long';
