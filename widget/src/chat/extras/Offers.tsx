import { h } from 'preact';
import type { VNode } from 'preact';
import type { DockProps } from '../offer/Dock';
import type { OffersProps } from '../offer/Offers';
import { adopt, useChat } from '../ui/context';
import { Lazy, useLazy } from '../ui/lazy';
import { Away } from './Away';
import { useRare } from './words';

const lazy = new Lazy(() => import('../offer/offer'));

function useOffers(): Awaited<ReturnType<typeof lazy.get>> | undefined {
  const { host } = useChat();
  const chunk = useLazy(lazy, true);
  if (chunk) adopt(host.root, chunk.css);
  return chunk;
}

/** What a message of the bot offers beside its text; the chunk that draws it is loaded with the first of them. */
export function Offers(props: OffersProps): VNode | null {
  const chunk = useOffers();
  return chunk ? <chunk.Offers {...props} /> : null;
}

/** What stands above the composer while the bot waits for an answer. */
function Offered(props: DockProps): VNode | null {
  const chunk = useOffers();
  return chunk ? <chunk.Dock {...props} /> : null;
}

const lazyQuestion = new Lazy(() => import('../consent/ask'));

/** What stands in the composer's place until the visitor has agreed. */
function Gate(): VNode | null {
  const { host } = useChat();
  const chunk = useLazy(lazyQuestion, true);
  const rare = useRare();
  if (chunk) adopt(host.root, chunk.css);
  return chunk ? <chunk.Consent rare={rare} /> : null;
}

const lazyFlow = new Lazy(() => import('../flow/flow'));

/** What the site asks beside the talk: forms, a rating, a person; and other ways to it. */
function Beside(): VNode | null {
  const { host } = useChat();
  const chunk = useLazy(lazyFlow, true);
  const rare = useRare();
  if (chunk) adopt(host.root, chunk.css);
  return chunk ? <chunk.Flow rare={rare} /> : null;
}

/** What stands above the composer: that nobody is there, and what the bot asks. */
export function Dock(props: DockProps): VNode {
  const { session, host } = useChat();
  if (host.gate) return <Gate />;
  // In an element of its own: of several beside the composer, one that goes would have Preact take that out and put it in again, and its field lose the focus.
  return (
    <div class="above-composer">
      <Away />
      {props.items.some((i) => i.offer) && <Offered {...props} />}
      {(session.state.flow ?? host.settings.beside) && <Beside />}
    </div>
  );
}
