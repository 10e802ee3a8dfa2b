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
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const lasting = [window, document, window.navigation, visualViewport];
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
    sockets: sockets.filter((s) => s.readyState < 2).length,
    elements: document.querySelectorAll('anteroom-chat').length,
    sheets: document.adoptedStyleSheets.length + document.styleSheets.length,
    globals: Object.keys(window).filter((name) => /anteroom/i.test(name)),
  });
})()`;
