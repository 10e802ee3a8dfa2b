// The cart, the gallery that changes its address without loading a page, and who is signed in.

const storageKey = "glina-cart";

/** @returns {Record<string, number>} pieces by product */
function readCart() {
  try {
    const cart = JSON.parse(localStorage.getItem(storageKey) ?? "{}");
    return typeof cart === "object" && cart !== null ? cart : {};
  } catch {
    return {};
  }
}

function writeCart(cart) {
  try {
    localStorage.setItem(storageKey, JSON.stringify(cart));
  } catch {
    // Storage is refused in some private windows; the cart then lasts for the page.
  }
  showCount(cart);
}

function change(cart, slug, by) {
  const pieces = Math.max(0, (cart[slug] ?? 0) + by);
  if (pieces === 0) delete cart[slug];
  else cart[slug] = pieces;
  writeCart(cart);
}

function showCount(cart) {
  const count = document.querySelector("[data-cart-count]");
  const pieces = Object.values(cart).reduce((sum, n) => sum + n, 0);
  count.textContent = String(pieces);
  count.hidden = pieces === 0;
}

function startAdding(cart) {
  const button = document.querySelector("[data-add]");
  if (!button) return;
  const label = button.textContent;
  let back;
  button.addEventListener("click", () => {
    change(cart, button.dataset.add, 1);
    button.textContent = button.dataset.added;
    clearTimeout(back);
    back = setTimeout(() => { button.textContent = label; }, 1600);
  });
}

function startCart(cart) {
  const page = document.querySelector("[data-cart]");
  if (!page) return;
  const money = new Intl.NumberFormat(page.dataset.language, { style: "currency", currency: page.dataset.currency, maximumFractionDigits: 0 });
  const rows = [...page.querySelectorAll("[data-row]")];

  function draw() {
    let total = 0;
    for (const row of rows) {
      const pieces = cart[row.dataset.row] ?? 0;
      const sum = pieces * Number(row.dataset.amount);
      total += sum;
      row.hidden = pieces === 0;
      row.querySelector("[data-pieces]").textContent = String(pieces);
      row.querySelector("[data-sum]").textContent = money.format(sum);
    }
    page.querySelector("[data-total]").textContent = money.format(total);
    page.querySelector("[data-cart-full]").hidden = total === 0;
    page.querySelector("[data-cart-empty]").hidden = total !== 0;
  }

  for (const row of rows) {
    row.querySelector("[data-less]").addEventListener("click", () => { change(cart, row.dataset.row, -1); draw(); });
    row.querySelector("[data-more]").addEventListener("click", () => { change(cart, row.dataset.row, 1); draw(); });
  }
  page.querySelector("[data-order]").addEventListener("click", () => { page.querySelector("[data-ordered]").hidden = false; });
  // The chat's bot hears of it, and may say something: see the chain cart.
  page.querySelector("[data-later]").addEventListener("click", () => {
    const pieces = Object.values(cart).reduce((sum, n) => sum + n, 0);
    window.Anteroom?.event("cart_abandoned", { pieces });
  });
  draw();
}

function startGallery() {
  const gallery = document.querySelector("[data-gallery]");
  if (!gallery) return;
  const links = [...gallery.querySelectorAll("a[data-glaze]")];
  const stage = gallery.querySelector("[data-stage]");

  function show(link) {
    for (const other of links) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    stage.className = `stage stage-${link.dataset.glaze} shelf`;
    for (const art of stage.querySelectorAll(".art")) art.setAttribute("class", `art glaze-${link.dataset.glaze}`);
    gallery.querySelector("[data-glaze-name]").textContent = link.dataset.name;
    gallery.querySelector("[data-glaze-words]").textContent = link.dataset.words;
    document.title = link.dataset.title;
  }

  gallery.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-glaze]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    show(link);
    history.pushState(null, "", link.href);
  });
  addEventListener("popstate", () => {
    show(links.find((link) => link.pathname === location.pathname) ?? links[0]);
  });
}

/** Tells the chat who is signed in, with the token that the shop's server has put into the page. */
function startAccount() {
  const { token } = document.body.dataset;
  if (!token) return;
  const identify = () => window.Anteroom.identify({ token });
  if (window.Anteroom) identify();
  else document.querySelector('script[src*="/widget/"]').addEventListener("load", identify);
  document.querySelector("[data-sign-out]").addEventListener("submit", () => window.Anteroom?.logout());
}

const cart = readCart();
showCount(cart);
startAdding(cart);
startCart(cart);
startGallery();
startAccount();
