import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Reply } from '../reply';

/** A reply while a model writes it. Its addresses become links once it is complete. */
export function Growing({ reply }: { readonly reply: Reply }): VNode {
  const [text, set] = useState(reply.text);
  useEffect(() => {
    const look = (): void => set(reply.text);
    // What came between the drawing and now would be missed.
    look();
    return reply.subscribe(look);
  }, [reply]);
  return (
    <div class="text growing" dir="auto">
      {text}
    </div>
  );
}
