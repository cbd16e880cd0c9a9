/* Parts of a page that follow the log: `data-follows`, each one element with an id.

   The server says over one stream that something has moved (`/live`), and a part says itself when
   something in it changes by the clock alone (`data-next`). The part is then asked for again from the
   page's own address, unless somebody is at work in it: nothing typed or chosen is ever replaced.
   Without this script the page is what it was when it was asked for. */
"use strict";
(() => {
  const GAP_MS = 2000, HELD_MS = 1000, LOOK_MS = 60_000, AGAIN_MS = 300_000, BACK_MS = 30_000;
  const RETRY_MS = 1000;
  const line = document.getElementById("live");
  const parts = () => [...document.querySelectorAll("[data-follows]")];
  if (!line || !parts().length) return;

  const known = new Map();  // By id of the part: for what instant it was made, and when it came.
  let stream = null, isDue = false, isAsking = false, isOver = false, failures = 0;
  let askedAt = Date.now(), timer = 0, clock = 0, back = 0;

  const say = (state) => {
    line.hidden = false;
    if (line.dataset.state === state) return;
    line.dataset.state = state;
    line.querySelector("[role=status]").textContent = line.dataset[state];
    line.querySelector("a").hidden = state !== "over";
  };
  const sayWhen = () => {
    const told = document.querySelector("#as-of time");
    line.querySelector("time").textContent = told ? told.textContent.slice(-8) : "";
  };

  const isTyped = (field) => {
    if (field.type === "hidden" || field.disabled) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    const made = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(made, field.options.length ? 0 : -1);
  };
  // A line that has the focus gets it back (keys.js), so it holds nothing up.
  const isAtWork = (part) => {
    const focused = document.activeElement;
    return part.contains(focused) && part !== focused && !focused.matches("a[data-ref]");
  };
  const isBusy = (part) =>
    isAtWork(part)
    || part.querySelector(":active, dialog[open]") !== null
    || [...part.querySelectorAll("input, select, textarea")].some(isTyped);

  /* When something changes by the clock alone: the house's clock, as far as it has gone since. */
  const remaining = (part) => {
    const { at, next } = part.dataset;
    if (known.get(part.id)?.at !== at) known.set(part.id, { at, since: Date.now() });
    if (!next) return Infinity;
    return Date.parse(next) - Date.parse(at) - (Date.now() - known.get(part.id).since);
  };
  const watchTheClock = () => {
    clearTimeout(clock);
    if (document.hidden || isOver) return;
    const left = Math.min(AGAIN_MS - (Date.now() - askedAt), ...parts().map(remaining));
    if (left <= 0) due();
    else clock = setTimeout(watchTheClock, Math.min(left, LOOK_MS));
  };

  const due = () => {
    isDue = true;
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, askedAt + GAP_MS - Date.now()));
  };

  const shown = async (part, text) => {
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    await htmx.swap({
      sourceElement: part, target: part, text, swap: "outerMorph", select: `#${CSS.escape(part.id)}`,
    });
    const now = part.querySelectorAll("details");
    if (now.length === open.length) now.forEach((one, place) => { one.open = open[place]; });
  };

  const ask = async () => {
    if (document.hidden || isOver || isAsking) return;
    const free = parts().filter((part) => !isBusy(part));
    if (!free.length) {
      say("held");
      timer = setTimeout(ask, HELD_MS);
      return;
    }
    isAsking = true;
    isDue = false;
    const address = location.href;
    let wait = 0;
    try {
      const answer = await fetch(address, {
        cache: "no-store",
        headers: {
          "Accept": "text/html", "HX-Request": "true", "HX-Request-Type": "partial",
          "HX-Current-URL": address, "Tenure-By-Itself": "1",
        },
      });
      const text = await answer.text();
      if (answer.status === 401) over();
      else if (!answer.ok) throw new Error(String(answer.status));
      else await swapAll(free, text, address);
      failures = 0;
    } catch {
      say("lost");
      isDue = true;
      wait = Math.min(BACK_MS, RETRY_MS * 2 ** failures++);
    }
    isAsking = false;
    askedAt = Date.now() + wait;
    if (isDue) due();
    watchTheClock();
  };

  /* What came for an address that is not the page's any more is of no use, and somebody may have
     begun to type meanwhile. */
  const swapAll = async (free, text, address) => {
    for (const part of free) {
      if (location.href !== address || !part.isConnected || isBusy(part)) isDue = true;
      else await shown(part, text);
    }
    if (parts().some(isBusy) && isDue) say("held");
    else if (stream?.readyState === EventSource.OPEN) say("following");
    sayWhen();
  };

  const over = () => {
    isOver = true;
    leave();
    const link = line.querySelector("a");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    // What is typed here stays here: it is sent once the other window has signed in.
    const typed = document.querySelectorAll("form[method=post] :is(input, select, textarea)");
    link.target = [...typed].some(isTyped) ? "_blank" : "";
    say("over");
  };

  const leave = () => {
    stream?.close();
    stream = null;
    for (const one of [timer, clock, back]) clearTimeout(one);
  };
  const listen = () => {
    leave();
    if (document.hidden) return;
    if (isOver) {  // Perhaps somebody signed in again in another window.
      isOver = false;
      isDue = true;
    }
    const [first] = parts().sort((one, two) => one.dataset.position - two.dataset.position);
    if (!first) return;
    const { position, at } = first.dataset;
    stream = new EventSource(`/live?${new URLSearchParams({ after: position, at })}`);
    stream.addEventListener("open", () => { failures = 0; say("following"); sayWhen(); });
    stream.addEventListener("moved", due);
    stream.addEventListener("over", over);
    stream.addEventListener("error", () => {
      if (isOver || !stream) return;
      const isRefused = stream.readyState === EventSource.CLOSED;
      stream.close();
      say("lost");
      if (isRefused) due();  // The page's own address then says why: the session may be over.
      back = setTimeout(listen, Math.min(BACK_MS, RETRY_MS * 2 ** failures++));
    });
    if (isDue) due();
    watchTheClock();
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
  document.addEventListener("htmx:after:swap", () => { sayWhen(); watchTheClock(); });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
})();
