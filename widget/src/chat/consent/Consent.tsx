import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { useChat } from '../ui/context';

/** Whether the browser holds a conversation of before, or one that a mail's link brought. */
function holds(site: string): boolean {
  try {
    return /"dialog":true/.test(localStorage.getItem(`anteroom.${site}`) ?? '');
  } catch {
    return false;
  }
}

/** What the site asks the visitor to agree to. */
export function Consent({ rare }: { readonly rare: Rare }): VNode {
  const { host } = useChat();
  const [declined, setDeclined] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const isNew = useRef(true);
  useLayoutEffect(() => {
    // Who opened the window by keys hears the question; a window that opened by itself takes no focus.
    // With the first answer goes the button that had it.
    if (!isNew.current || host.root.activeElement?.closest('.window')) box.current?.focus({ preventScroll: true });
    isNew.current = false;
  }, [declined, host]);
  const { settings } = host;
  const words = rare.consent;
  return (
    <div class="consent" role="group" aria-labelledby="consent-title" aria-describedby="consent-text" tabIndex={-1} ref={box}>
      <h3 id="consent-title">{words.title}</h3>
      <p id="consent-text" dir="auto">
        {declined ? (holds(settings.site) ? words.declinedMore : words.declined) : settings.consent}
      </p>
      {settings.privacy && (
        <p>
          <a href={settings.privacy} target="_blank" rel="noopener noreferrer">
            {words.privacy}
            <span class="sr"> ({rare.offer.newTab})</span>
          </a>
        </p>
      )}
      <div class="choices">
        {declined ? (
          <button type="button" class="agree" onClick={() => setDeclined(false)}>
            {words.again}
          </button>
        ) : (
          <>
            <button type="button" class="agree" onClick={host.gate}>
              {words.agree}
            </button>
            <button type="button" class="decline" onClick={() => setDeclined(true)}>
              {words.decline}
            </button>
          </>
        )}
      </div>
    </div>
  );
}
