import type { Host } from '../../loader/host';
import { ask } from '../identity';
import type { Session } from '../session';

/** How long a made file can be fetched by the browser, in milliseconds: it may ask its user first where to put it. */
const keptFor = 60_000;

/**
 * Saves the dialog as a file. It is fetched first and then saved from memory: a link to
 * the gateway would need a key in its address, and leaving for it would ask pages
 * whether they may be left.
 */
export async function download(host: Host, session: Session, format: 'html' | 'text'): Promise<void> {
  const { signal } = session.life;
  const secret = session.secret ?? '';
  const response = await ask(host, 'transcript', { secret, format });
  const file = await response.blob();
  // Who has signed out meanwhile, or whose page has done with the chat, gets no file of it.
  if (signal.aborted) return;
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  // The day as it is here, not in Greenwich.
  const day = new Date();
  link.download = `chat-${host.settings.site}-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.${format === 'html' ? 'html' : 'txt'}`;
  host.root.append(link);
  link.click();
  link.remove();
  const free = (): void => {
    clearTimeout(timer);
    URL.revokeObjectURL(url);
  };
  const timer = setTimeout(free, keptFor);
  signal.addEventListener('abort', free);
}

const two = (n: number): string => String(n).padStart(2, '0');
