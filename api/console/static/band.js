// The line below a band tells whole what is pointed at, focused or touched: a title alone shows
// nothing to a keyboard and nothing to a finger. Without it, every mark still leads to its event.
(() => {
  "use strict";

  const SHAPES = "svg.band a, svg.band rect[class^=bar-], svg.band text";

  // What is too long for a title stands in the list, where that is on the page.
  const whole = (shape, title) => {
    const [, id] = (shape.getAttribute("href") ?? "").split("#");
    const event = title.endsWith("…") && id ? document.getElementById(id) : null;
    return event ? event.innerText : title;
  };

  const tell = ({ target }) => {
    const shape = target.closest?.("svg.band a") ?? target.closest?.(SHAPES);
    const title = shape?.querySelector("title")?.textContent;
    const line = shape?.closest(".band-frame")?.nextElementSibling;
    if (title && line?.matches(".band-line")) line.textContent = whole(shape, title);
  };

  for (const kind of ["pointerover", "pointerdown", "focusin"]) document.addEventListener(kind, tell);
})();
