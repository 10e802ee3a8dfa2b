/** What a site asks visitors to agree to: one chunk, loaded before they have. */
export { Consent } from './Consent';
export { default as css } from './consent.css?inline';
