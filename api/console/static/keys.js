/* Keys of the list of what waits. They act only while the list has the focus, and never while
   something is typed; each does what a link, a box or a button of the page does. */
(() => {
  "use strict";

  // A key that is still pressed when the next one opens must not decide that one unread.
  const PAUSE_MS = 400;
  let isPausing = false;

  const list = () => document.querySelector("[data-keys]");
  const links = () => [...list().querySelectorAll("a[data-ref]")];
  const current = () => list()?.querySelector("a[aria-current]");
  const linkOf = (element) => element.closest("tr")?.querySelector("a[data-ref]");
  const inFacts = (selector) => document.querySelector(`#facts ${selector}`);
  const isTyping = (element) =>
    element.matches("textarea, select, [contenteditable], input:not([type=checkbox])");

  const move = (steps) => (link) => {
    const all = links();
    const place = link ? all.indexOf(link) + steps : 0;
    all[Math.min(Math.max(place, 0), all.length - 1)]?.focus();
  };

  // What is not open is opened and not decided: nobody decides what he does not see.
  const ofTheOpenOne = (act) => (link) => {
    if (!link) return;
    if (link !== current()) link.click();
    else if (!isPausing) act();
  };

  const KEYS = {
    j: move(1),
    ArrowDown: move(1),
    k: move(-1),
    ArrowUp: move(-1),
    p: ofTheOpenOne(() => inFacts("[data-key=p]")?.click()),
    r: ofTheOpenOne(() =>
      (inFacts("form [name=reason]") ?? inFacts("form input:not([type=hidden])"))?.focus(),
    ),
    x: (link) => link?.closest("tr").querySelector("input[type=checkbox]")?.click(),
    "?": () => {
      const help = document.getElementById("keys");
      help.open = !help.open;
    },
    Escape: () => document.querySelector("main h1").focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const focused = document.activeElement;
    const part = list();
    if (!part || !focused) return;
    if (event.key === "Escape" && document.getElementById("facts")?.contains(focused)) {
      (current() ?? links()[0])?.focus();
      event.preventDefault();
      return;
    }
    // In a field that Enter would send, it opens the line, or does nothing: buttons decide.
    if (event.key === "Enter" && focused.matches("#waiting input")) {
      event.preventDefault();
      if (part.contains(focused)) linkOf(focused)?.click();
      return;
    }
    const act = KEYS[event.key];
    if (!act || !part.contains(focused) || isTyping(focused)) return;
    event.preventDefault();
    if (!event.repeat || act === KEYS.j || act === KEYS.k || event.key.startsWith("Arrow")) {
      act(linkOf(focused));
    }
  });

  const pause = () => {
    isPausing = true;
    setTimeout(() => {
      isPausing = false;
      list()?.setAttribute("data-keys", "ready");
    }, PAUSE_MS);
  };

  // What comes meanwhile may be more urgent, and yet must not take the place of what is being read.
  const stay = () => {
    const address = new URL(location.href), open = current()?.dataset.ref;
    if (!open || address.searchParams.get("open") !== "first") return;
    address.searchParams.set("open", open);
    history.replaceState(history.state, "", address);
  };

  // After a decision the focus is where the work goes on: at what is wrong, else at the open one.
  const begin = () => {
    pause();
    stay();
    if (location.hash) return;
    const place =
      document.querySelector("#waiting [aria-invalid=true]") ??
      current() ??
      document.querySelector("#results, #done");
    place?.focus({ preventScroll: place.matches("a") });
  };

  // A part that is fetched again keeps the focus on the line that had it.
  let kept = null;
  document.addEventListener("htmx:before:swap", () => {
    const focused = document.activeElement;
    kept = list()?.contains(focused) ? linkOf(focused)?.dataset.ref : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    stay();
    const focused = document.activeElement;
    if (!kept || !list()) return;
    // Lines may have moved under the focus, and the next key must not be for another one.
    if (list().contains(focused) && linkOf(focused)?.dataset.ref === kept) return;
    const same = links().find((link) => link.dataset.ref === kept);
    (same ?? current() ?? links()[0])?.focus({ preventScroll: true });
    pause();
  });

  begin();
})();
