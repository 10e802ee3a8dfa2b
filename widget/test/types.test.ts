import { expect, it } from 'vitest';
import type { Anteroom as InLoader } from '../src/loader/host';

// The compiler is who tests this: types/anteroom.d.ts is among what it reads.
const given = (made: InLoader): Window['Anteroom'] => made;
const made = (told: Anteroom): InLoader => told;

it('what site owners are given as types is what the loader makes', () => {
  expect([given, made]).toHaveLength(2);
});
