/** Milliseconds in which a page that is there has answered. */
const within = 2000;

type Word = '?' | '!';

/** Pages without it cannot ask one another; Firefox throws where it stores nothing. */
function open(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

function say(channel: BroadcastChannel | undefined, word: Word): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
  channel?.postMessage(word);
}

/** Answers those who ask whether the page of that name is there, until the call of what it returns. */
export function answer(name: string): () => void {
  const channel = open(name);
  channel?.addEventListener('message', ({ data }) => data === '?' && say(channel, '!'));
  return () => channel?.close();
}

/** Tells whether the page of that name is there; not any more after the call of what it returns. */
export function isThere(name: string, tell: (there: boolean) => void): () => void {
  const channel = open(name);
  const end = (): void => {
    clearTimeout(timer);
    channel?.close();
  };
  const told = (there: boolean): void => {
    end();
    tell(there);
  };
  const timer = setTimeout(told, within, false);
  channel?.addEventListener('message', ({ data }) => data === '!' && told(true));
  say(channel, '?');
  return end;
}
