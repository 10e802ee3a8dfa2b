import { h } from 'preact';
import type { VNode } from 'preact';
import { adopt } from '../ui/context';
import type { Chat } from '../ui/context';
import { Desk, Drop } from './Desk';
import { Intake } from './intake';
import css from './upload.css?inline';
import { UploadList } from './UploadList';
import type { Waiting } from './UploadList';
import { Uploads } from './uploads';
import type { Chosen } from './uploads';

/** What the window shows and calls once the parts for files are there. */
export interface Files {
  /** Takes chosen files; without any, a phone's visitor is asked where from, and others are told what may go, until it is called again: that field's list is closed. */
  readonly take: (chosen: readonly Chosen[], field?: HTMLInputElement | null | void) => void;
  readonly List: (props: Waiting) => VNode;
  /** Lies over the window while a file is dragged over it. */
  readonly Drop: () => VNode;
}

/** Makes what files need, for one window. */
export async function begin({ host, session, rare, extras }: Chat): Promise<Files> {
  const [said] = await Promise.all([rare.get(), extras.get()]);
  const words = await said.files();
  // The window went meanwhile, and with it its session.
  const { signal } = session.life;
  signal.throwIfAborted();
  adopt(host.root, css);
  const uploads = new Uploads(session, host);
  const intake = new Intake(uploads, session);
  // Before the next one reads what the tab keeps: nothing of these may write it then.
  signal.addEventListener('abort', () => {
    uploads.end();
    intake.end();
  });
  return {
    take(chosen, field) {
      intake.ask(chosen.length ? undefined : (field ?? undefined));
      // Also then: they may have waited for these parts.
      void intake.take(chosen);
    },
    List: (props) => (
      <UploadList uploads={uploads} {...props}>
        <Desk intake={intake} words={words} rare={said} />
      </UploadList>
    ),
    Drop: () => <Drop words={words} rare={said} />,
  };
}
