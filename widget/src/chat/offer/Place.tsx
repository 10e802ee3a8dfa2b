import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { pinPath } from '../extras/icons';
import { Icon } from '../ui/icons';
import type { FormProps } from './Frame';

/** A place takes so long at most, and may be so old, in milliseconds. */
const locating = { timeout: 20_000, maximumAge: 60_000 };

/** Where the visitor is: the browser asks for consent, after the press and not before. */
export function Place({ question, rare, say }: FormProps): VNode {
  const [state, setState] = useState<'' | 'asking' | 'unknown'>('');
  // It may come when the question is answered otherwise.
  const here = useRef(true);
  useEffect(
    () => () => {
      here.current = false;
    },
    [],
  );
  const tell = (): void => {
    setState('asking');
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => here.current && say('', undefined, { latitude, longitude }),
      () => here.current && setState('unknown'),
      locating,
    );
  };
  return (
    <div class="ask" role="group" aria-label={question.text}>
      <button type="button" class="press" aria-disabled={state === 'asking'} onClick={() => state !== 'asking' && tell()}>
        <Icon path={pinPath} />
        {state === 'asking' ? rare.offer.locating : rare.offer.share}
      </button>
      <div class="fault calm" role="alert">
        {state === 'unknown' && rare.offer.unlocated}
      </div>
    </div>
  );
}
