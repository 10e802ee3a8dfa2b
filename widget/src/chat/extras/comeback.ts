import { useEffect, useState } from 'preact/hooks';

/**
 * How often the page came back from the browser's cache for the way back: what was begun on it may have gone on, on
 * another page of the tab. It tells before anything is drawn again, which would keep what was here.
 */
export function useComeback(): number {
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const came = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) setTimes((n) => n + 1);
    };
    addEventListener('pageshow', came, true);
    return () => removeEventListener('pageshow', came, true);
  }, []);
  return times;
}
