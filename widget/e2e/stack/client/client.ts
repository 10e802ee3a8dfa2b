import { ClientWidgetApi } from 'matrix-widget-api/lib/ClientWidgetApi';
import { WidgetDriver } from 'matrix-widget-api/lib/driver/WidgetDriver';
import type { IOpenIDCredentials } from 'matrix-widget-api/lib/interfaces/GetOpenIDAction';
import { OpenIDRequestState } from 'matrix-widget-api/lib/interfaces/GetOpenIDAction';
import type { IWidget } from 'matrix-widget-api/lib/interfaces/IWidget';
import { Widget } from 'matrix-widget-api/lib/models/Widget';

/**
 * The page of a Matrix client that shows a widget beside a room, as Element Web
 * does it, with the library that it uses. It runs in the browser; ../host.ts is
 * the test's side.
 */

/** What the client shows. */
export interface Shown {
  /** The content of the widget's state event. */
  readonly widget: IWidget;
  readonly room: string;
  readonly user: string;
  readonly theme: string;
  readonly language: string;
}

/** What the panel has asked for. */
export interface Asked {
  readonly capabilities: string[][];
  openID: number;
  ready: number;
}

declare global {
  interface Window {
    /** The homeserver's answer to a request for an OpenID token; host.ts asks with the operator's access token. */
    requestOpenID(): Promise<IOpenIDCredentials>;
    client: { show(shown: Shown): void; send(action: string, data: object): Promise<unknown>; asked: Asked };
  }
}

const asked: Asked = { capabilities: [], openID: 0, ready: 0 };
let api: ClientWidgetApi | undefined;

class Driver extends WidgetDriver {
  override validateCapabilities(requested: Set<string>): Promise<Set<string>> {
    asked.capabilities.push([...requested]);
    return Promise.resolve(new Set());
  }

  override askOpenID(observer: Parameters<WidgetDriver['askOpenID']>[0]): void {
    asked.openID++;
    observer.update({ state: OpenIDRequestState.PendingUserConfirmation });
    const modal = document.createElement('dialog');
    const question = document.createElement('p');
    question.textContent = 'Allow this widget to verify your identity';
    const answer = (words: string, does: () => void): HTMLButtonElement => {
      const button = document.createElement('button');
      button.textContent = words;
      button.addEventListener('click', () => {
        modal.remove();
        does();
      });
      return button;
    };
    modal.append(
      question,
      answer('Continue', () => void window.requestOpenID().then((token) => observer.update({ state: OpenIDRequestState.Allowed, token }))),
      answer('Cancel', () => observer.update({ state: OpenIDRequestState.Blocked })),
    );
    document.body.append(modal);
    modal.showModal();
  }
}

/** Shows the widget; what was shown before is gone, as after a change of the room. */
function show({ widget: content, room, user, theme, language }: Shown): void {
  api?.stop();
  document.querySelector('iframe')?.remove();
  const widget = new Widget(content);
  const url = new URL(widget.getCompleteUrl({ widgetRoomId: room, currentUserId: user, clientTheme: theme, clientLanguage: language }));
  // As Element appends them.
  url.searchParams.set('widgetId', widget.id);
  url.searchParams.set('parentUrl', location.href.split('#', 2)[0] ?? '');
  const frame = document.createElement('iframe');
  frame.title = 'Anteroom';
  frame.sandbox.add('allow-forms', 'allow-popups', 'allow-popups-to-escape-sandbox', 'allow-same-origin', 'allow-scripts', 'allow-presentation', 'allow-downloads');
  document.body.append(frame);
  api = new ClientWidgetApi(widget, frame, new Driver());
  api.on('ready', () => void asked.ready++);
  frame.src = url.href.replaceAll('%24', '$');
}

async function send(action: string, data: object): Promise<unknown> {
  return api?.transport.send(action, { ...data });
}

window.client = { show, send, asked };
