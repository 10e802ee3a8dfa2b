/** Where sentences appear for screen readers; polite, so that nobody is cut short. */
let region: HTMLElement | undefined;

/** Has screen readers say a sentence. Said again, it is read out again. */
export function announce(sentence: string): void {
  if (!region) {
    region = document.createElement('div');
    region.className = 'sr';
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  const line = document.createElement('p');
  line.textContent = sentence;
  region.replaceChildren(line);
}
