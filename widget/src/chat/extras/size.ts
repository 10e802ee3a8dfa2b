import type { Rare } from '../../i18n/strings';

/** So many bytes in words, with one decimal where it matters; empty for 0, which means unknown. */
export function size(bytes: number, rare: Rare, language: string): string {
  if (!bytes) return '';
  const step = Math.min(rare.bytes.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  const digits = step > 0 && value < 10 ? 1 : 0;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${rare.bytes[step]}`;
}
