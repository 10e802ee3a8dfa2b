import { channel } from '../channel';

/** Milliseconds in which a page that is there has answered. */
const within = 2000;

type Word = '?' | '!';

function say(to: BroadcastChannel | undefined, word: Word): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
  to?.postMessage(word);
}

/** Answers those who ask whether the page of that name is there, until the call of what it returns. */
export function answer(name: string): () => void {
  const pages = channel(name);
  pages?.addEventListener('message', ({ data }) => data === '?' && say(pages, '!'));
  return () => pages?.close();
}

/** Tells whether the page of that name is there; not any more after the call of what it returns. */
export function isThere(name: string, tell: (there: boolean) => void): () => void {
  const pages = channel(name);
  const end = (): void => {
    clearTimeout(timer);
    pages?.close();
  };
  const told = (there: boolean): void => {
    end();
    tell(there);
  };
  const timer = setTimeout(told, within, false);
  pages?.addEventListener('message', ({ data }) => data === '!' && told(true));
  say(pages, '?');
  return end;
}
