const adopted = new Set<string>();

/** Adds a style sheet to the page, once. It is constructed, which the page's policy allows without any inline style. */
export function adopt(css: string): void {
  if (adopted.has(css)) return;
  adopted.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
