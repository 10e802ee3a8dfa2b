/** What a page holds that has no chat, and no work of its own. */
export const nothing = { timers: 0, listeners: [], observers: 0, sockets: 0, requests: 0, urls: 0, microphones: 0, sounds: 0, elements: 0, sheets: 0, globals: [] };

/** A script for a page: window.held() says what the page and all that is in it hold on to. */
export const counts = `(() => {
  const timers = new Set();
  const listeners = new Set();
  const sockets = [];
  for (const [set, clear] of [['setTimeout', 'clearTimeout'], ['setInterval', 'clearInterval']]) {
    const [start, stop] = [window[set], window[clear]];
    window[set] = (act, ms, ...args) => {
      const id = start(() => {
        if (set === 'setTimeout') timers.delete(id);
        act(...args);
      }, ms);
      timers.add(id);
      return id;
    };
    window[clear] = (id) => {
      timers.delete(id);
      stop(id);
    };
  }
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
    }
  };
  const requests = new Set();
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    requests.add(this);
    this.addEventListener('loadend', () => requests.delete(this));
    send.call(this, body);
  };
  const urls = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (of) => {
    const url = createObjectURL(of);
    urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    revokeObjectURL(url);
  };
  const tracks = [];
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (mediaDevices) mediaDevices.getUserMedia = async (what) => {
    const stream = await getUserMedia(what);
    // A test may have the visitor think about it.
    await window.thinking;
    tracks.push(...stream.getTracks());
    return stream;
  };
  const contexts = [];
  window.AudioContext = class extends AudioContext {
    constructor(...args) {
      super(...args);
      contexts.push(this);
    }
  };
  const observed = new Map();
  window.MutationObserver = class extends MutationObserver {
    observe(target, options) {
      observed.set(this, target);
      super.observe(target, options);
    }
    disconnect() {
      observed.delete(this);
      super.disconnect();
    }
  };
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const lasting = [window, document, document.documentElement, window.navigation, visualViewport, navigator.mediaDevices];
  const ids = new WeakMap();
  let count = 0;
  const nameOf = (type, listener) => {
    if (!ids.has(listener)) ids.set(listener, count++);
    return type + ' ' + ids.get(listener);
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (listener && (lasting.includes(this ?? window) || this instanceof MediaQueryList)) {
      const name = nameOf(type, listener);
      const signal = options?.signal;
      if (!signal?.aborted) listeners.add(name);
      if (signal) add.call(signal, 'abort', () => listeners.delete(name));
    }
    add.call(this ?? window, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    if (listener) listeners.delete(nameOf(type, listener));
    remove.call(this ?? window, type, listener, options);
  };
  window.held = () => ({
    timers: timers.size,
    listeners: [...listeners],
    observers: [...observed.values()].filter((target) => target.isConnected).length,
    sockets: sockets.filter((s) => s.readyState < 2).length,
    requests: requests.size,
    urls: urls.size,
    microphones: tracks.filter((t) => t.readyState === 'live').length,
    sounds: contexts.filter((c) => c.state !== 'closed').length,
    elements: document.querySelectorAll('anteroom-chat').length,
    sheets: document.adoptedStyleSheets.length + document.styleSheets.length,
    globals: Object.keys(window).filter((name) => /anteroom/i.test(name)),
  });
})()`;
