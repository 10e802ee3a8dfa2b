/** What draws a model's words: a chunk that only sites with an assistant load. */
export { Growing } from './Growing';
export { Marks } from './Marks';
export { Notice } from './Notice';
export { Original } from './Original';
export { default as css } from './ai.css?inline';
