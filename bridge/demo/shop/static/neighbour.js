// A button that opens the chat, and a section that tells the chat's bot once it was read for a while.

/** How long a section has to be in sight until it counts as read, in milliseconds. */
const readAfter = 10_000;

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => window.Anteroom?.open());
}

for (const section of document.querySelectorAll("[data-tell]")) {
  let timer;
  const watcher = new IntersectionObserver(([seen]) => {
    clearTimeout(timer);
    if (!seen.isIntersecting) return;
    timer = setTimeout(() => {
      watcher.disconnect();
      window.Anteroom?.event(section.dataset.tell); // see the chain trial
    }, readAfter);
  }, { threshold: 0.6 });
  watcher.observe(section);
}
