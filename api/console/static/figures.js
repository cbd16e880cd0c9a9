// Small plots of the tables on the page of figures. The table is the source and stays beside; a
// plot shows its columns at a glance, and a click on a point leads where its number leads.
(() => {
  "use strict";

  const HEIGHT = 210;
  const DASHES = [[], [6, 4], [2, 3], [9, 3, 2, 3]];

  const colourOf = (element) => getComputedStyle(element).color;
  const lineOf = (element) => getComputedStyle(element).borderTopColor;

  function valueOf(cell) {
    const told = cell.dataset.value ?? cell.textContent;
    return told.trim() === "" ? null : Number(told);
  }

  // The columns to draw, each with its cells from the first row to the last.
  function columnsOf(table, rows) {
    return [...table.tHead.rows[0].cells]
      .map((head, index) => ({ head, cells: rows.map((row) => row.cells[index]) }))
      .filter(({ head }) => head.dataset.plot)
      .map(({ head, cells }) => ({
        name: head.textContent.trim(),
        key: head.querySelector(".key"),
        cells,
        values: cells.map(valueOf),
      }));
  }

  function seriesOf(column, index, isOverTime, count) {
    const stroke = () => colourOf(column.key);
    const points = { show: !isOverTime || count < 60, size: isOverTime ? 5 : 9, fill: stroke };
    const width = isOverTime ? 2 : 0;
    return { label: column.name, stroke, width, dash: DASHES[index % DASHES.length], points };
  }

  // Whole numbers where events are counted; room above the highest.
  function heightOf(_, __, most) {
    return [0, most > 0 ? most * 1.12 : 1];
  }

  function axesOf(names, table) {
    const stroke = () => colourOf(table.tHead);
    const grid = { stroke: () => lineOf(table), width: 1 };
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const whole = (_, splits) => splits.map((at) => (Number.isInteger(at) ? names[at] ?? "" : ""));
    const incrs = [1, 2, 3, 5, 7, 10, 14, 21, 30, 60, 90, 180];
    const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6];
    return [
      { stroke, grid: { show: false }, ticks: grid, font, values: whole, incrs, space: 52, size: 32 },
      { stroke, grid, ticks: { show: false }, font, incrs: counts, space: 34, size: 46 },
    ];
  }

  // The column whose point lies nearest to the pointer.
  function nearest(plot, columns, row) {
    const away = (column) => {
      const value = column.values[row];
      return value === null ? Infinity : Math.abs(plot.valToPos(value, "y") - plot.cursor.top);
    };
    return columns.reduce((best, column) => (away(column) < away(best) ? column : best));
  }

  function drawn(sheet) {
    const box = sheet.querySelector(".plot");
    const table = sheet.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    const columns = columnsOf(table, rows);
    if (rows.length === 0 || columns.length === 0) return;
    const names = rows.map((row) => row.cells[0].textContent.trim());
    const isOverTime = sheet.dataset.by === "day";
    const told = document.createElement("p");
    told.className = "told";
    let marked = null;

    function tell(plot) {
      const at = plot.cursor.idx;
      if (marked) marked.classList.remove("here");
      marked = at === null || at === undefined ? null : rows[at];
      told.textContent = "";
      if (!marked) return;
      marked.classList.add("here");
      const parts = columns.map(({ name, cells }) => `${name} ${cells[at].textContent.trim()}`);
      told.textContent = `${names[at]}: ${parts.join(" · ")}`;
    }

    const options = {
      width: Math.max(box.clientWidth, 120),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
      scales: { x: { time: false, range: [-0.5, rows.length - 0.5] }, y: { range: heightOf } },
      axes: axesOf(names, table),
      series: [{}, ...columns.map((one, at) => seriesOf(one, at, isOverTime, rows.length))],
      hooks: { setCursor: [tell] },
    };
    const data = [rows.map((_, at) => at), ...columns.map(({ values }) => values)];
    const plot = new uPlot(options, data, box);
    box.append(told);
    plot.over.addEventListener("click", () => {
      const at = plot.cursor.idx;
      if (at === null || at === undefined) return;
      const link = nearest(plot, columns, at).cells[at].querySelector("a")
        ?? rows[at].querySelector("td a");
      if (link) link.click();
    });
    new ResizeObserver(() => {
      const width = Math.max(box.clientWidth, 120);
      if (width !== plot.width) plot.setSize({ width, height: HEIGHT });
    }).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot.redraw());
  }

  for (const sheet of document.querySelectorAll(".plot-sheet")) drawn(sheet);
})();
