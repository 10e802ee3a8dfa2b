/** Puts words into the message field, behind what stands there: what they were written in is asked for no more. */
export function intoField(root: ParentNode, words: string): void {
  const field = root.querySelector<HTMLTextAreaElement>('.composer textarea');
  if (!field || !words) return;
  field.value = `${field.value}\n${words}`.trim();
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
