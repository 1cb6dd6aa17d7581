"use strict";
// Draws the figures, shows where a number comes from, opens what an address points into.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const config = {
    displaylogo: false,
    responsive: true,
    displayModeBar: false,
  };

  // A figure names roles ("@c1", "@c1/0.4"); the style sheet knows their colours.
  const coloured = (value, style) => {
    if (Array.isArray(value)) return value.map((v) => coloured(v, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v, style)]));
    }
    if (typeof value !== "string" || !/^@[a-z0-9]+(\/[0-9.]+)?$/.test(value)) return value;
    const [role, opacity] = value.slice(1).split("/");
    const hex = style.getPropertyValue(`--${role}`).trim();
    if (!opacity) return hex;
    const part = (i) => parseInt(hex.slice(i, i + 2), 16);
    return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
  };

  // Room for the legend under a chart, and no more years on its axis than can be read.
  const fit = (place, data, layout) => {
    const width = place.clientWidth;
    const widest = Math.max(...data.map((trace) => trace.name.length)) * 7.4 + 52;
    const rows = data.length > 1 ? Math.ceil(data.length / Math.max(1, Math.floor((width - 50) / widest))) : 0;
    place.style.height = `${270 + 20 * rows}px`;
    layout.legend.y = -34 / 230;
    layout.xaxis.nticks = Math.max(2, Math.floor((width - 50) / 42));
  };

  const draw = (id, figure) => {
    const place = document.getElementById(`chart-${id}`);
    if (!place || !figure) return;
    const style = getComputedStyle(root);
    const { data, layout } = coloured(figure, style);
    if (id !== "sankey") fit(place, data, layout);
    const common = {
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      separators: ".,",
      font: { family: style.getPropertyValue("--font"), size: 13, color: style.getPropertyValue("--text").trim() },
      hoverlabel: {
        bgcolor: style.getPropertyValue("--card").trim(),
        bordercolor: style.getPropertyValue("--line").trim(),
        font: { family: style.getPropertyValue("--font"), color: style.getPropertyValue("--text").trim() },
        namelength: -1,
      },
    };
    if (id !== "sankey") {
      Plotly.react(place, data, { ...layout, ...common }, config);
      return;
    }
    place.style.height = `${Math.max(544, 25 * layout.meta.places)}px`;
    // A new plot: Plotly would let the bars of one year fly to the places of another.
    Plotly.newPlot(place, data, { ...layout, ...common }, config);
    place.on("plotly_afterplot", () => placeLabels(place));
    placeLabels(place);
  };

  // The last places are labelled in the margin, not on top of the flows that end there.
  const placeLabels = (place) => {
    for (const label of place.querySelectorAll('.node-label[text-anchor="end"]')) {
      label.setAttribute("text-anchor", "start");
      label.setAttribute("transform", label.getAttribute("transform").replace("(-3", "(21"));
    }
  };

  const chosen = (name) => document.querySelector(`input[name="${name}"]:checked, select[name="${name}"]`)?.value;
  const drawLoop = () => {
    for (const name of ["measure", "year"]) {
      const title = document.querySelector(`input[name="${name}"]:checked + span`)?.textContent ?? chosen(name);
      if (title) document.getElementById(`sankey-${name}`).textContent = title;
    }
    draw("sankey", figures.sankey[`${chosen("view") ?? "all"}/${chosen("year")}/${chosen("measure")}`]);
  };
  const drawAll = () => {
    drawLoop();
    for (const [id, figure] of Object.entries(figures.charts)) draw(id, figure);
  };
  document.querySelectorAll('[name="year"], input[name="measure"], input[name="view"]').forEach((input) => {
    input.addEventListener("change", drawLoop);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  matchMedia("(max-width: 48rem)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; drawAll(); });
  addEventListener("afterprint", () => { delete root.dataset.theme; drawAll(); });
  drawAll();

  // What an address points to may lie in a closed <details>.
  const reveal = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    if (target.hidden) target.hidden = false;
    target.scrollIntoView({ block: target.closest(".tall") ? "center" : "start" });
    if (target.hasAttribute("tabindex")) target.focus({ preventScroll: true });
  };
  const here = () => decodeURIComponent(location.hash.slice(1));
  addEventListener("hashchange", () => reveal(here()));
  if (location.hash) reveal(here());

  // Among the input rows of an entry, those of the number's own year come first.
  const ofYear = (entry, year) => {
    if (!/^(19|20)\d\d$/.test(year ?? "")) return;
    const list = entry.querySelector(".basis");
    const own = [...(list?.children ?? [])].filter((li) => li.textContent.split(/[^0-9]/).includes(year));
    if (!own.length) return;
    list.prepend(...own);
    own.forEach((li) => li.classList.add("own"));
    entry.querySelectorAll("details").forEach((details) => { details.open = true; });
  };

  // A click on a number shows its entry on the spot; the link still works without scripts.
  const trace = document.getElementById("trace");
  const body = document.getElementById("trace-body");
  let origin = null;
  const close = () => {
    if (trace.hidden) return;
    trace.hidden = true;
    origin?.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const id = link.getAttribute("href").slice(1);
    const entry = document.getElementById(id);
    if (!entry?.classList.contains("how") || link.id === "trace-entry") {
      if (trace.contains(link)) { trace.hidden = true; reveal(id); }
      return;
    }
    event.preventDefault();
    const copy = entry.cloneNode(true);
    copy.removeAttribute("id");
    body.replaceChildren(copy);
    document.getElementById("trace-entry").href = `#${id}`;
    const row = link.closest("tr")?.querySelector("th")?.textContent.trim();
    document.getElementById("trace-title").textContent =
      link.classList.contains("n") && link.closest("td, dd") ? `${row ? `${row}: ` : ""}${link.textContent}` : "How this column is made";
    ofYear(copy, row);
    origin = link;
    trace.hidden = false;
    trace.scrollTop = 0;
    document.getElementById("trace-close").focus();
  });
  document.getElementById("trace-close").addEventListener("click", close);
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  // Finding in the list of inputs.
  const find = document.getElementById("find");
  find?.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of document.querySelectorAll("#input-rows tbody tr")) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      count += !row.hidden;
    }
    document.getElementById("found").textContent = words.length ? `${count} found` : "";
  });
})();
