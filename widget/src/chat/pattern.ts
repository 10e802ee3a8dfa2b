/** True if an address fits a pattern: as a whole, or its path where the pattern has no scheme. */
export function matches(pattern: string, address: string): boolean {
  const { href, pathname } = new URL(address);
  const escaped = readable(pattern).replace(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*')}$`, 's').test(readable(pattern.includes('://') ? href : pathname));
}

/** An address with its letters as people write them. */
function readable(address: string): string {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}
