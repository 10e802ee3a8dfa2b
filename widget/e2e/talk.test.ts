import { describe, test } from './stack/fixtures';

describe('A visitor and an operator talk', () => {
  test('the operator sees who asks and what; the visitor sees who answers and what', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.says('Do you have green tea bowls?');
    const dialog = await operator.dialog('Do you have green tea bowls?');
    await dialog.event('the name of who asks', ({ type, state_key: of, content }) => {
      return type === 'm.room.member' && of === dialog.ghost && /^Berlin /.test(String(content['displayname']));
    });

    await dialog.says('Yes, in three sizes.');
    const answer = await visitor.sees('Yes, in three sizes.');
    await answer.getByText('anna', { exact: true }).waitFor();
    await visitor.window.getByText('anna is answering you').waitFor();
  });
});
