import { WidgetApi } from 'matrix-widget-api/lib/WidgetApi';
import type { IOpenIDCredentials } from 'matrix-widget-api/lib/interfaces/GetOpenIDAction';

export type OpenID = IOpenIDCredentials;

/** The Matrix client around the panel. */
export interface Host {
  /** Proves who is signed in there; the client may ask the person first, for as long as that takes. */
  openID(): Promise<OpenID>;
}

/**
 * Meets the client; themed is called with the theme's name when the person chooses
 * another. No capabilities are asked for: the panel reads and writes nothing of
 * Matrix, and each one would be a question to the person.
 */
export function meet({ id, origin }: { id: string; origin: string }, themed: (name: string) => void): Host {
  const api = new WidgetApi(id, origin);
  api.on('action:theme_change', (event: CustomEvent<{ data?: { name?: unknown } }>) => {
    event.preventDefault();
    const name = event.detail.data?.name;
    if (typeof name === 'string') themed(name);
    api.transport.reply(event.detail as never, {});
  });
  api.start();
  return { openID: () => api.requestOpenIDConnectToken() };
}
