import { expect, it } from 'vitest';
import { beginning } from '../../src/panel/ui/Fold';

it('what is long is cut between letters, and says that it goes on', () => {
  expect(beginning('🙂'.repeat(200), 100)).toBe(`${'🙂'.repeat(100)}…`);
  expect(beginning('a\n'.repeat(9), 100)).toBe('a\na\na\na\na\na…');
});

it('what is not stays whole', () => {
  for (const text of ['', 'a'.repeat(100), 'a\nb\nc\nd\ne\nf']) expect(beginning(text, 100)).toBe(text);
});
