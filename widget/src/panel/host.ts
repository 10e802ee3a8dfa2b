import type { IGetOpenIDActionResponse, IOpenIDCredentials } from 'matrix-widget-api/lib/interfaces/GetOpenIDAction';
import type { IWidgetApiRequest, IWidgetApiRequestData } from 'matrix-widget-api/lib/interfaces/IWidgetApiRequest';
import type { IWidgetApiResponseData } from 'matrix-widget-api/lib/interfaces/IWidgetApiResponse';
import type { WidgetApiFromWidgetAction, WidgetApiToWidgetAction } from 'matrix-widget-api/lib/interfaces/WidgetApiAction';
import type { WidgetApiDirection } from 'matrix-widget-api/lib/interfaces/WidgetApiDirection';
import { PostmessageTransport } from 'matrix-widget-api/lib/transport/PostmessageTransport';

export type OpenID = IOpenIDCredentials;

/** The Matrix client around the panel. */
export interface Host {
  /** Proves who is signed in there; the client may ask the person first, for as long as that takes. */
  openID(): Promise<OpenID>;
}

/**
 * Meets the client; themed is called with the theme's name when the person chooses
 * another. No capabilities are asked for: the panel reads and writes nothing of
 * Matrix, and each one would be a question to the person. So the library's transport
 * is enough; its WidgetApi, with all that other widgets do, is four times as large.
 */
export function meet({ id, origin }: { id: string; origin: string }, themed: (name: string) => void): Host {
  // The transport looks at no sender: without this any window that knows this one could say who signs in.
  addEventListener('message', (event) => {
    if (event.source !== window.parent || event.origin !== origin) event.stopImmediatePropagation();
  });
  const transport = new PostmessageTransport(fromWidget, id, window.parent, window);
  transport.targetOrigin = origin;
  const client = new Client(transport, themed);
  transport.on('message', ({ detail }: CustomEvent<IWidgetApiRequest>) => transport.reply(detail, client.answer(detail)));
  transport.start();
  return client;
}

/** The library's words for all that is said here; written out, so that its lists of all others stay out. */
const fromWidget = 'fromWidget' as WidgetApiDirection.FromWidget;
const getOpenID = 'get_openid' as WidgetApiFromWidgetAction.GetOpenIDCredentials;
type Heard = Extract<`${WidgetApiToWidgetAction}`, 'supported_api_versions' | 'capabilities' | 'notify_capabilities' | 'openid_credentials' | 'theme_change' | 'visibility'>;

type Verdict = (data: IWidgetApiRequestData) => void;

class Client implements Host {
  readonly #transport: PostmessageTransport;
  readonly #themed: (name: string) => void;
  /** Questions that the client has put to the person, by their request's id. */
  readonly #asked = new Map<unknown, Verdict>();

  constructor(transport: PostmessageTransport, themed: (name: string) => void) {
    this.#transport = transport;
    this.#themed = themed;
  }

  async openID(): Promise<OpenID> {
    const { requestId, response } = await this.#transport.sendComplete<IWidgetApiRequestData, IGetOpenIDActionResponse>(getOpenID, {});
    if ((response.state as string) !== 'request') return allowed(response);
    return allowed(await new Promise<IWidgetApiRequestData>((told) => this.#asked.set(requestId, told)));
  }

  /** Takes what the client says, and answers it. */
  answer({ action, data }: IWidgetApiRequest): IWidgetApiResponseData {
    switch (action as Heard) {
      case 'supported_api_versions':
        return { supported_versions: ['0.0.1', '0.0.2'] };
      case 'capabilities':
        return { capabilities: [] };
      case 'openid_credentials': {
        const asked = this.#asked.get(data['original_request_id']);
        this.#asked.delete(data['original_request_id']);
        asked?.(data);
        return {};
      }
      case 'theme_change':
        if (typeof data['name'] === 'string') this.#themed(data['name']);
        return {};
      case 'notify_capabilities':
      case 'visibility':
        return {};
      default:
        return { error: { message: `The panel does not know ${action}.` } };
    }
  }
}

/** The proof, or an error where the person or the client refused it. */
function allowed({ state, ...proof }: Partial<IGetOpenIDActionResponse['response']>): OpenID {
  if ((state as string | undefined) !== 'allowed') throw new Error('the client did not say who it is');
  return proof;
}
