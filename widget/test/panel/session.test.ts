// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../../src/panel/api';
import type { Host } from '../../src/panel/host';
import { readPlace } from '../../src/panel/place';
import { Sessions } from '../../src/panel/session';
import { actOnAll } from '../../src/panel/inbox/bulk';
import { borisSession, Bridge, otherTab, problem, session } from './bridge';

const plain = readPlace('https://chat.example/panel/shop', false);
const inside = readPlace('https://chat.example/panel/shop?widgetId=w&parentUrl=https://element.example#user=@anna:example.com', true);
const openid = { access_token: 't', token_type: 'Bearer', matrix_server_name: 'example.com', expires_in: 3600 };
const keep = (): void => localStorage.setItem('anteroom.panel', JSON.stringify(session));
const host = { openID: vi.fn<Host['openID']>() };

describe('signing in', () => {
  let bridge: Bridge;
  const ofBoris = (): unknown[] => bridge.asked.filter(({ bearer }) => bearer === `Bearer ${borisSession.session}`);
  beforeEach(() => {
    bridge = new Bridge();
    bridge.answer = () => Response.json(session, { status: 201 });
    host.openID.mockReset().mockResolvedValue(openid);
  });
  afterEach(() => {
    localStorage.clear();
    vi.unstubAllGlobals();
  });

  it('by the client: it is asked once, and the session is kept', async () => {
    const sessions = new Sessions(inside, host);
    await sessions.begin(undefined);
    expect(sessions.state).toEqual({ state: 'in', session });
    expect(bridge.asked[0]).toMatchObject({ method: 'POST', path: 'panel/v1/session', body: { openid, site: 'shop' }, bearer: undefined });
    const again = new Sessions(inside, host);
    await again.begin(undefined);
    expect(again.state.state).toBe('in');
    expect(host.openID).toHaveBeenCalledTimes(1);
  });

  it('a session of whom the client does not show is not used', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify({ ...session, operator: '@boris:example.com', session: 'his' }));
    const sessions = new Sessions(inside, host);
    await sessions.begin(undefined);
    expect(await sessions.secret()).toBe(session.session);
  });

  it('an old session is not used', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify({ ...session, expires_at: '2020-01-01T00:00:00Z' }));
    const sessions = new Sessions(plain, undefined);
    await sessions.begin(undefined);
    expect(sessions.state).toMatchObject({ state: 'out', way: 'link', why: undefined });
  });

  it('who declines is told, and may try again', async () => {
    host.openID.mockRejectedValueOnce(new Error('User declined'));
    const sessions = new Sessions(inside, host);
    await sessions.begin(undefined);
    expect(sessions.state).toMatchObject({ state: 'out', way: 'client', why: 'declined' });
    await sessions.askClient();
    expect(sessions.state.state).toBe('in');
  });

  describe('by a link', () => {
    let sessions: Sessions;
    beforeEach(() => {
      sessions = new Sessions(plain, undefined);
    });

    it('where nobody is signed in it is asked first, and goes in the body', async () => {
      await sessions.begin('secret', '@anna:example.com');
      expect(sessions.state).toEqual({ state: 'offered', as: '@anna:example.com', stay: undefined });
      expect(bridge.asked).toEqual([]);
      await sessions.accept();
      expect(bridge.asked[0]?.body).toEqual({ link: 'secret' });
      expect(sessions.state).toEqual({ state: 'in', session });
    });

    it('who is signed in already is not asked', async () => {
      keep();
      await sessions.begin('secret', '@anna:example.com');
      expect(sessions.state.state).toBe('in');
      expect(bridge.asked).toHaveLength(1);
    });

    it('as another it is asked first; who stays spends nothing', async () => {
      keep();
      await sessions.begin('secret', '@boris:example.com');
      expect(sessions.state).toEqual({ state: 'offered', as: '@boris:example.com', stay: '@anna:example.com' });
      sessions.stay();
      expect(sessions.state).toMatchObject({ state: 'in', session });
      expect(bridge.asked).toEqual([]);
    });

    it('what another tab does meanwhile does not answer', async () => {
      await sessions.begin('secret', '@boris:example.com');
      otherTab(session);
      expect(sessions.state).toMatchObject({ state: 'offered', stay: '@anna:example.com' });
    });

    it("another's link does not come in under a name that is here: its session is ended", async () => {
      keep();
      bridge.answer = () => Response.json(borisSession, { status: 201 });
      await sessions.begin('secret', '@anna:example.com');
      expect(sessions.state).toMatchObject({ state: 'out', why: 'other_operator', stay: '@anna:example.com' });
      expect(bridge.asked[1]).toMatchObject({ method: 'DELETE', bearer: `Bearer ${borisSession.session}` });
      expect(localStorage.getItem('anteroom.panel')).toBe(JSON.stringify(session));
    });

    it('one that does not say whose it is is not spent', async () => {
      await sessions.begin('secret', undefined);
      expect(sessions.state).toMatchObject({ state: 'out', why: 'bad_link' });
      expect(bridge.asked).toEqual([]);
    });
  });

  it('a used link is told by its code', async () => {
    bridge.answer = () => problem(401, 'bad_link', 'used');
    const sessions = new Sessions(plain, undefined);
    await sessions.begin('secret', '@anna:example.com');
    await sessions.accept();
    expect(sessions.state).toMatchObject({ state: 'out', why: 'bad_link', detail: 'used' });
  });

  it('what is asked while a session ends is asked once more when there is another, under the same key', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify({ ...session, session: 'old' }));
    const sessions = new Sessions(inside, host);
    await sessions.begin(undefined);
    const api = new Api(inside.base, inside.site, sessions);
    bridge.answer = ({ path, bearer }) =>
      path === 'panel/v1/session' ? Response.json(session, { status: 201 })
      : bearer === 'Bearer old' ? problem(401, 'bad_session') : Response.json({ id: 'v1' });
    expect(await api.change('v1', { name: 'x' })).toEqual({ id: 'v1' });
    const [first, , second] = bridge.asked;
    expect(second).toMatchObject({ bearer: `Bearer ${session.session}`, key: first?.key, body: first?.body });
  });

  it('on a page of its own it waits for another tab to sign in', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify({ ...session, session: 'old' }));
    const sessions = new Sessions(plain, undefined);
    await sessions.begin(undefined);
    sessions.ended('old', 'bad_session');
    expect(sessions.state).toMatchObject({ state: 'out', why: 'bad_session' });
    const secret = sessions.secret();
    otherTab(session);
    expect(await secret).toBe(session.session);
  });

  describe("one operator's act is never done in another's name", () => {
    let sessions: Sessions;
    let api: Api;
    beforeEach(async () => {
      localStorage.setItem('anteroom.panel', JSON.stringify(session));
      sessions = new Sessions(plain, undefined);
      await sessions.begin(undefined);
      api = new Api(plain.base, plain.site, sessions);
    });

    it('not where it waits for somebody to sign in', async () => {
      bridge.answer = () => problem(401, 'bad_session');
      const change = api.change('v1', { name: 'x' });
      await vi.waitUntil(() => sessions.state.state === 'out');
      otherTab(borisSession);
      await expect(change).rejects.toMatchObject({ code: 'other_operator' });
      expect(ofBoris()).toEqual([]);
    });

    it('not where somebody has signed in before its answer came', async () => {
      bridge.answer = () => {
        localStorage.setItem('anteroom.panel', JSON.stringify(borisSession));
        return problem(401, 'bad_session');
      };
      await expect(api.change('v1', { name: 'x' })).rejects.toMatchObject({ code: 'other_operator' });
      expect(sessions.state).toMatchObject({ state: 'in', session: borisSession });
      expect(ofBoris()).toEqual([]);
    });

    it('not where it is done part by part', async () => {
      bridge.answer = () => {
        otherTab(borisSession);
        return Response.json({ failed: [] });
      };
      const ids = Array.from({ length: 201 }, (_, i) => `v${i}`);
      const { done, problem: why } = await actOnAll(api, ids, { tag: 'x' }, () => undefined);
      expect(done).toHaveLength(200);
      expect(why?.code).toBe('other_operator');
      expect(ofBoris()).toEqual([]);
    });
  });

  it('who is no operator of the site stays outside, but keeps the session for other sites', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify(session));
    const sessions = new Sessions(plain, undefined);
    await sessions.begin(undefined);
    bridge.answer = () => problem(403, 'not_operator');
    await expect(new Api(plain.base, 'shop', sessions).site()).rejects.toMatchObject({ code: 'not_operator' });
    expect(sessions.state).toMatchObject({ state: 'out', why: 'not_operator' });
    expect(localStorage.getItem('anteroom.panel')).not.toBeNull();
  });

  it('who signs out leaves nothing behind, and the bridge is told', async () => {
    localStorage.setItem('anteroom.panel', JSON.stringify(session));
    const sessions = new Sessions(plain, undefined);
    await sessions.begin(undefined);
    await sessions.signOut();
    expect(localStorage.getItem('anteroom.panel')).toBeNull();
    expect(bridge.asked[0]).toMatchObject({ method: 'DELETE', bearer: `Bearer ${session.session}` });
  });
});
