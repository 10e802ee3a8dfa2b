import { useLayoutEffect } from 'preact/hooks';
import { useChat } from '../ui/context';

/** Brings the focus to the message field; on a touch screen, whose keyboard would hide half of the messages, to the window. */
export function goWrite(root: ParentNode): void {
  root.querySelector<HTMLElement>(matchMedia('(pointer: coarse)').matches ? '.window' : '.composer textarea')?.focus({ preventScroll: true });
}

/**
 * Keeps the focus in the window when what draws this goes with it, as by its own press or because somebody
 * spoke: the page would have it. It goes to the messages, or where that says.
 */
export function useStay(go?: (root: ParentNode, from: Element) => void): void {
  const { root } = useChat().host;
  useLayoutEffect(
    () => () => {
      const { activeElement: from } = root;
      if (!from) return;
      // Once it has gone.
      queueMicrotask(() => {
        if (from.isConnected || root.activeElement) return;
        if (go) go(root, from);
        else root.querySelector<HTMLElement>('.log')?.focus({ preventScroll: true });
      });
    },
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- where it goes does not change
    [root],
  );
}

/** The same for what is drawn beside others that stay: behind what goes with it, which still has the focus then. */
export function Stay(): null {
  useStay();
  return null;
}
