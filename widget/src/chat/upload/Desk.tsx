import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FileWords } from '../../i18n/files';
import type { Rare } from '../../i18n/strings';
import { comma } from '../comma';
import { size } from '../extras/size';
import { useStay } from '../extras/stay';
import { touch, useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import { accepts, kinds } from './batch';
import type { Why } from './batch';
import { cameraPath, galleryPath, folderPath } from './icons';
import type { Held, Intake } from './intake';
import { Thumb } from './Thumb';

interface Props {
  readonly intake: Intake;
  readonly words: FileWords;
  readonly rare: Rare;
}

/** Below the messages: what was chosen and is not on its way, and why. */
export function Desk({ intake, words, rare }: Props): VNode {
  const [, draw] = useState({});
  useEffect(() => intake.subscribe(() => draw({})), [intake]);
  useEffect(() => () => intake.end(), [intake]);
  return (
    <>
      {(intake.busy || intake.held.length > 0) && <Tray intake={intake} words={words} rare={rare} />}
      {intake.refused.length > 0 && <Refusals intake={intake} words={words} rare={rare} />}
      {intake.asking && (touch.matches ? (
        <Source field={intake.asking} intake={intake} words={words} rare={rare} />
      ) : (
        <Limits intake={intake} words={words} rare={rare} />
      ))}
    </>
  );
}

/** What may be sent: how many at once, how large, of what kinds. */
function useLimits(words: FileWords, rare: Rare): string {
  const { session, strings } = useChat();
  const { site } = session.state;
  return site ? words.limits(site.max_files ?? 1, size(site.max_file_size, rare, strings.tag), kinds(site, words, strings.tag)) : '';
}

/** Lies over the window while a file is dragged over it. */
export function Drop({ words, rare }: Omit<Props, 'intake'>): VNode {
  return (
    <div class="drop">
      <p>{rare.drop}</p>
      <small>{useLimits(words, rare)}</small>
    </div>
  );
}

/** One calm list of what is not sent, by reason, with what can be done. */
function Refusals({ intake, words, rare }: Props): VNode {
  const { session, strings } = useChat();
  const { site } = session.state;
  useStay();
  const told = (n: number): string => size(n, rare, strings.tag);
  const sentences: Readonly<Record<Why, string>> = {
    tooLarge: words.tooLarge(told(site?.max_file_size ?? 0)),
    badType: words.badType(kinds(site, words, strings.tag)),
    tooMany: words.tooMany(site?.max_files ?? 0),
  };
  const why = [...new Set(intake.refused.map((r) => r.why))];
  const many = intake.refused.filter((r) => r.why === 'tooMany').length;
  return (
    <div class="desk" role="alert">
      <p>
        <b>{words.refused(intake.refused.length)}</b>
        <button type="button" class="plain" aria-label={strings.dismiss} onClick={() => intake.dismiss()}>
          <Icon name="close" />
        </button>
      </p>
      <dl>
        {why.map((w) => (
          <Fragment key={w}>
            <dt>{sentences[w]}</dt>
            {intake.refused
              .filter((r) => r.why === w)
              .map(({ file }, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- names may come twice, and the list is drawn once
                <dd key={i}>
                  <span dir="auto">{file.name}</span> {/* One byte more is no other number. */ w === 'tooLarge' && told(file.size) !== told(site?.max_file_size ?? 0) && told(file.size)}
                </dd>
              ))}
          </Fragment>
        ))}
      </dl>
      {many > 0 && (
        <div class="choices">
          <button type="button" onClick={() => intake.rest()}>
            {words.sendRest(Math.min(many, site?.max_files ?? many))}
          </button>
        </div>
      )}
    </div>
  );
}

/** The pictures that could be smaller, with all that was chosen beside them: one decision for all. */
function Tray({ intake, words, rare }: Props): VNode {
  const { strings, host } = useChat();
  const { held, busy } = intake;
  useStay();
  const told = (n: number): string => size(n, rare, strings.tag);
  const sum = (of: (one: Held) => number): number => held.reduce((n, one) => n + of(one), 0);
  const could = held.filter((one) => one.smaller);
  return (
    <div class="desk" role="group" aria-label={words.large(could.length)}>
      <p role="status">
        <b>{busy ? words.preparing : words.large(could.length)}</b>
        {!busy && (
          <button type="button" class="plain" aria-label={rare.cancel} onClick={() => intake.drop()}>
            <Icon name="close" />
          </button>
        )}
      </p>
      <ul>
        {held.map((one) => (
          <li key={one.file} class="file">
            <Thumb file={one.file} />
            <span>
              <b dir="auto">{one.file.name}</b>
              <small>
                {told(one.file.size)}
                {one.smaller && ` ${host.settings.dir === 'rtl' ? '←' : '→'} ${told(one.smaller.size)}`}
                {one.must && `${comma(strings.tag)}${words.onlySmaller}`}
              </small>
            </span>
            <button type="button" class="plain" aria-label={words.leaveOut(one.file.name)} onClick={() => intake.drop(one)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {!busy && (
        <>
          <small>{words.noPlace}</small>
          <div class="choices">
            <button type="button" class="main" onClick={() => intake.send(true)}>
              {words.smaller(told(sum((one) => one.file.size)), told(sum((one) => (one.smaller ?? one.file).size)))}
            </button>
            {could.some((one) => !one.must) && (
              <button type="button" onClick={() => intake.send(false)}>
                {words.original(told(sum((one) => ((one.must && one.smaller) || one.file).size)))}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

/** What may be chosen, while the browser's own list of files is open beside the page. */
function Limits({ intake, words, rare }: Props): VNode {
  const { strings } = useChat();
  return (
    <div class="desk" role="status">
      <p>
        {useLimits(words, rare)}
        <button type="button" class="plain" aria-label={strings.dismiss} onClick={() => intake.ask()}>
          <Icon name="close" />
        </button>
      </p>
    </div>
  );
}

interface SourceProps extends Props {
  /** Takes any file that the site does. */
  readonly field: HTMLInputElement;
}

/** A phone's visitor says where files come from. The camera is the system's own, so the page asks for no permission. */
function Source({ field, intake, words, rare }: SourceProps): VNode {
  const { session, strings } = useChat();
  const sheet = useRef<HTMLDialogElement>(null);
  const limits = useLimits(words, rare);
  const types = session.state.site?.file_types ?? [];
  useEffect(() => {
    sheet.current?.showModal();
    // A ring around the first choice would look as if it were made.
    sheet.current?.focus();
    // In a window that is closed it would be hidden, and still keep the page from its visitor.
    const around = sheet.current?.parentElement?.closest('dialog');
    around?.addEventListener('close', close);
    return () => around?.removeEventListener('close', close);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);
  const close = (): void => sheet.current?.close();
  const choose = (files: FileList | null): void => {
    close();
    intake.choose(files ?? []);
  };
  // Of what the site takes, the pictures and films.
  const seen = types.length ? types.filter((t) => /^(image|video)\//.test(t)) : ['image/*', 'video/*'];
  return (
    <dialog
      class="sheet"
      tabIndex={-1}
      ref={sheet}
      aria-label={strings.attach}
      onClose={() => intake.ask()}
      onClick={(event) => event.target === sheet.current && close()}
      onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}
    >
      {accepts(types, 'image/jpeg') && <Choice path={cameraPath} word={words.camera} accept="image/*" capture="environment" onChoose={choose} />}
      {seen.length > 0 && <Choice path={galleryPath} word={seen.some((t) => t.startsWith('video')) ? words.gallery : words.photos} accept={seen.join()} multiple onChoose={choose} />}
      <button
        type="button"
        onClick={() => {
          close();
          field.click();
        }}
      >
        <Icon path={folderPath} />
        {words.browse}
      </button>
      <small>{limits}</small>
      <button type="button" onClick={close}>
        {rare.cancel}
      </button>
    </dialog>
  );
}

interface ChoiceProps {
  readonly path: string;
  readonly word: string;
  readonly accept: string;
  readonly capture?: 'environment';
  readonly multiple?: boolean;
  readonly onChoose: (files: FileList | null) => void;
}

/** One of the places that files come from. */
function Choice({ path, word, onChoose, ...field }: ChoiceProps): VNode {
  return (
    <label>
      <Icon path={path} />
      {word}
      <input type="file" class="sr" {...field} onChange={(event) => onChoose(event.currentTarget.files)} />
    </label>
  );
}
