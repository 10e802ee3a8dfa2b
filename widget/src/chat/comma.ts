/** What stands between two parts of a list in a language; the launcher has it by comma in bridge/gateway/speech.go. */
export const comma = (tag: string): string => (/Arab|Thaa/.test(String(new Intl.Locale(tag).maximize())) ? '، ' : ', ');
