import { h } from 'preact';
import type { VNode } from 'preact';
import type { Rare } from '../../i18n/strings';
import { opening } from '../extras/links';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Channel } from './check';

const paths: Readonly<Record<string, string>> = {
  telegram: 'M21 4L3 11.2l5.6 2.1L18 6.5l-7.2 7.6.1 5.4 3-3.6 4 3z',
  whatsapp: 'M4 20l1.2-4A8 8 0 1 1 8.3 19zM9 8.5c0 3.5 3 6.5 6.5 6.5l.8-1.8-2-1-1 .8a6 6 0 0 1-2.2-2.2l.8-1-1-2z',
  email: 'M3.5 6h17v12h-17zM3.5 7l8.5 6.5L20.5 7',
  phone: 'M5 4h3.5l1.7 4.2-2.1 1.5a11.5 11.5 0 0 0 6.2 6.2l1.5-2.1 4.2 1.7V19a1.5 1.5 0 0 1-1.6 1.5A15.5 15.5 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4z',
  link: 'M9 15l6-6M10.5 6.5l1.8-1.8a4.5 4.5 0 0 1 6.4 6.4l-1.8 1.8M13.5 17.5l-1.8 1.8a4.5 4.5 0 0 1-6.4-6.4l1.8-1.8',
};

interface Props {
  readonly channels: readonly Channel[];
  readonly rare: Rare;
  /** Whether the page about privacy is among them. */
  readonly privacy: boolean;
}

/** Other ways to reach the site, and what it says about privacy. */
export function Channels({ channels, rare, privacy }: Props): VNode {
  const { host } = useChat();
  const words = rare.flow;
  const nameOf = ({ kind, name }: Channel): string =>
    ({ telegram: 'Telegram', whatsapp: 'WhatsApp', email: words.mail, phone: words.call })[kind] ?? name;
  return (
    <nav class="channels" aria-label={words.channels}>
      {channels.map((channel) => (
        <a key={channel.url} title={channel.name} {...opening(channel.url)}>
          <Icon path={paths[channel.kind] ?? paths['link'] ?? ''} />
          <span dir="auto">{nameOf(channel)}</span>
        </a>
      ))}
      {privacy && (
        <a class="privacy" href={host.settings.privacy ?? ''} target="_blank" rel="noopener noreferrer">
          {rare.consent.privacy}
        </a>
      )}
    </nav>
  );
}
