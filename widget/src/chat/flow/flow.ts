/** What stands beside the talk: one chunk, loaded where a site has anything of it. */
export { Flow } from './Flow';
export { default as css } from './flow.css?inline';
