// The parts that Botpress publishes for pages, without its servers.
import { Composer, Container, Fab, Header, MessageList, StylesheetProvider } from '@botpress/webchat';
import { createElement as h, useState } from 'react';
import { createRoot } from 'react-dom/client';

const count = Number(new URL(import.meta.url).searchParams.get('messages'));
const messages = Array.from({ length: count }, (_, i) => ({
  id: `m${i}`,
  timestamp: new Date(Date.now() - (count - i) * 180_000),
  authorId: i % 5 < 2 ? 'visitor' : 'operator',
  direction: i % 5 < 2 ? 'outgoing' : 'incoming',
  sender: { name: i % 5 < 2 ? 'You' : 'Shop' },
  block: { type: 'bubble', block: { type: 'text', text: `Message ${i + 1}` } },
}));

function App() {
  const [open, setOpen] = useState(false);
  return h(
    'div',
    { style: { position: 'fixed', inset: 'auto 20px 20px auto' } },
    h(StylesheetProvider, { radius: 1.5, fontFamily: 'Inter', variant: 'solid', themeMode: 'light', color: '#2563eb' }),
    open &&
      h(
        'div',
        { style: { inlineSize: 400, blockSize: 500 } },
        h(
          Container,
          { connected: true },
          h(Header, { configuration: { botName: 'Shop' }, closeWindow: () => setOpen(false) }),
          h(MessageList, { messages, botName: 'Shop', isTyping: false }),
          h(Composer, { disableComposer: false, isReadOnly: false, connected: true, sendMessage: () => {}, uploadFile: () => {}, composerPlaceholder: 'Message' }),
        ),
      ),
    h('button', { 'aria-label': 'Open chat', onClick: () => setOpen(!open), style: { inlineSize: 64, blockSize: 64 } }, h(Fab, {})),
  );
}

const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(h(App));
