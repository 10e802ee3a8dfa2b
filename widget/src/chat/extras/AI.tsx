import { h } from 'preact';
import type { VNode } from 'preact';
import type { MarksProps } from '../ai/Marks';
import type { OriginalProps } from '../ai/Original';
import { adopt, useChat } from '../ui/context';
import { Lazy, useLazy } from '../ui/lazy';

const lazy = new Lazy(() => import('../ai/ai'));

/** What draws a model's words, loaded with the first of them, or before where they may come. */
export function useAI(wanted: boolean): Awaited<ReturnType<typeof lazy.get>> | undefined {
  const { host } = useChat();
  const chunk = useLazy(lazy, wanted);
  if (chunk) adopt(host.root, chunk.css);
  return chunk;
}

/** Under a model's message: what it rests on, and that it was cut short. */
export function Marks(props: MarksProps): VNode | null {
  const chunk = useAI(true);
  return chunk ? <chunk.Marks {...props} /> : null;
}

/** Under an operator's message that a model translated: what the operator wrote. */
export function Original(props: OriginalProps): VNode | null {
  const chunk = useAI(true);
  return chunk ? <chunk.Original {...props} /> : null;
}
