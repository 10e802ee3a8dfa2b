/** Puts words into the message field, behind what stands there: what they were written in is asked for no more. */
export function intoField(root: ParentNode, words: string): void {
  const field = root.querySelector<HTMLTextAreaElement>('.composer textarea');
  if (field && words) write(field, `${field.value}\n${words}`.trim());
}

/** Takes the half-written message out of its field, if it is that which stands there; what is sent in another place is not to stay. */
export function outOfField(root: ParentNode, draft: string): string {
  const field = root.querySelector<HTMLTextAreaElement>('.composer textarea');
  if (field?.value !== draft) return '';
  write(field, '');
  return draft;
}

function write(field: HTMLTextAreaElement, words: string): void {
  field.value = words;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
