/** The browser reads a file that it saves at its own pace; its address is kept so long, in milliseconds. */
const kept = 60_000;

/** Has the browser save a file that was fetched, so that no secret stands in an address. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), kept);
}
