import { h } from 'preact';
import type { VNode } from 'preact';
import { usePanel } from '../context';
import type { Contact } from '../forms';
import { Editable } from './Editable';
import { Fold } from '../ui/Fold';
import { Fact, Section } from './Section';

const fields = ['email', 'phone', 'company', 'note'] as const;
type Field = (typeof fields)[number];

const kinds = { email: 'email', phone: 'tel', company: 'text', note: 'lines' } as const;
/** In characters, as the API has them. */
const limits = { email: 254, phone: 40, company: 100, note: 4000 };

/** How the visitor is reached, and what operators note of them. */
export function Reach({ contact }: { readonly contact: Contact }): VNode {
  const { api, contacts, strings: { card: words } } = usePanel();
  const { id } = contact;
  const save = (field: Field) => (key: string, value: string) => contacts.after(id, api.change(id, { [field]: value || null }, { key }));
  return (
    <Section title={words.contact}>
      <dl>
        {fields.map((field) => (
          <Fact key={field} name={words[field]}>
            <Editable draft={`${id}/${field}`} label={words[field]} value={contact[field]} type={kinds[field]} maxLength={limits[field]} words={{ bad_contact: words.bad[field] }} save={save(field)}>
              <Shown field={field} value={contact[field]} />
            </Editable>
          </Fact>
        ))}
      </dl>
    </Section>
  );
}

function Shown({ field, value }: { readonly field: Field; readonly value: string }): VNode {
  if (field === 'email') return <a class="link" href={`mailto:${encodeURIComponent(value).replaceAll('%40', '@')}`}><bdi>{value}</bdi></a>;
  if (field === 'phone') return <a class="link" href={`tel:${value.replaceAll(/[^\d+]/g, '')}`}><bdi>{value}</bdi></a>;
  return <Fold text={value} />;
}
