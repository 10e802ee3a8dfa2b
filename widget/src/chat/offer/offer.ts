export { Dock } from './Dock';
export { Offers } from './Offers';
export { default as css } from './offer.css?inline';
