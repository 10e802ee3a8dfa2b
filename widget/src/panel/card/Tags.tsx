import { h } from 'preact';
import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { Contact } from '../forms';
import { useAct } from '../ui/act';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/Problem';
import { Section } from './Section';

/** In characters, as the API has it. */
const longest = 50;

/** The tags, which chains may wait for. */
export function Tags({ contact }: { readonly contact: Contact }): VNode {
  const { api, contacts, say, strings: { card: words } } = usePanel();
  const site = useSite();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [text, type] = useState('');
  // Both are shown as done at once: they harm nothing, and doing them twice changes nothing.
  const [coming, expect] = useState('');
  const [going, part] = useState('');
  const add = useAct((key, tag: string) => contacts.after(contact.id, api.addTag(contact.id, tag, { key })));
  const remove = useAct((key, tag: string) => contacts.after(contact.id, api.removeTag(contact.id, tag, { key })));

  const put = async (event: Event): Promise<void> => {
    event.preventDefault();
    const tag = text.trim();
    if (!tag || add.busy) return;
    expect(tag);
    type('');
    if (await add.go(tag)) say(words.said.tagAdded(tag));
    else type((typed) => typed || tag);
    expect('');
  };
  const take = async (tag: string): Promise<void> => {
    if (remove.busy) return;
    part(tag);
    field.current?.focus(); // the button goes with its tag
    if (await remove.go(tag)) say(words.said.tagRemoved(tag));
    part('');
  };
  const shown = contact.tags.filter((tag) => tag !== going);
  return (
    <Section title={words.tags}>
      <ul class="tags">
        {shown.map((tag) => (
          <li key={tag} class="chip">
            <bdi>{tag}</bdi>
            <button type="button" class="off" aria-label={words.removeTag(tag)} onClick={() => void take(tag)}><Icon name="cross" /></button>
          </li>
        ))}
        {coming && !shown.includes(coming) && <li class="chip coming"><bdi>{coming}</bdi></li>}
        <li class="tag-new">
          <form onSubmit={(event) => void put(event)}>
            <input ref={field} class="in" list={id} dir="auto" maxLength={longest} placeholder={words.addTag} aria-label={words.addTag} aria-describedby={`${id}-wrong`} value={text} autocomplete="off" onInput={(event) => type(event.currentTarget.value)} />
            <datalist id={id}>
              {site.tags.filter((tag) => !contact.tags.includes(tag)).map((tag) => <option key={tag}>{tag}</option>)}
            </datalist>
            {text.trim() && <button type="submit" class="btn round" aria-label={words.addTag}><Icon name="plus" /></button>}
          </form>
        </li>
      </ul>
      <Problem id={`${id}-wrong`} problem={add.problem ?? remove.problem} />
    </Section>
  );
}
