import { expect, it } from 'vitest';
import { readPlace, withoutLink } from '../../src/panel/place';

const widget = 'https://chat.example/a/panel/shop?theme=dark&lang=ru&widgetId=chat.anteroom.panel&parentUrl=https%3A%2F%2Felement.example%2Fapp%2F#room=!r:example.com&user=@anna:example.com';

it('what the client filled in is read from query and fragment', () => {
  expect(readPlace(widget, true)).toMatchObject({
    base: 'https://chat.example/a/', site: 'shop', theme: 'dark', language: 'ru', room: '!r:example.com', user: '@anna:example.com',
    widget: { id: 'chat.anteroom.panel', origin: 'https://element.example' },
  });
});

it('a page of its own speaks with no client, whatever its address says', () => {
  expect(readPlace(widget, false).widget).toBeUndefined();
});

it('variables that a client does not know are as if they were not there', () => {
  const place = readPlace('https://chat.example/panel/shop?theme=$org.matrix.msc2873.client_theme#room=$matrix_room_id', true);
  expect(place.theme).toBeUndefined();
  expect(place.room).toBeUndefined();
});

it("the desktop client's page has an origin that can be spoken to", () => {
  const place = readPlace('https://chat.example/panel/shop?widgetId=w&parentUrl=vector%3A%2F%2Fvector%2Fwebapp%2F', true);
  expect(place.widget?.origin).toBe('vector://vector');
});

it('an address of a parent that is none means that there is no client', () => {
  expect(readPlace('https://chat.example/panel/shop?widgetId=w&parentUrl=nowhere', true).widget).toBeUndefined();
});

it('a link is taken from the fragment only, and out of the address', () => {
  const address = 'https://chat.example/panel/shop?lang=ru#as=%40anna%3Aexample.com&link=secret&contact=v1';
  expect(readPlace(address, false)).toMatchObject({ link: 'secret', as: '@anna:example.com', contact: 'v1' });
  expect(withoutLink(address)).toBe('https://chat.example/panel/shop?lang=ru#contact=v1');
  expect(readPlace('https://chat.example/panel/shop?link=secret', false).link).toBeUndefined();
});
