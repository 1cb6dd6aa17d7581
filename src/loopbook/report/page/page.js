"use strict";
// Shows where a number comes from, what a point of a chart says, and what an address points into.
(() => {
  document.documentElement.classList.add("scripted");

  // What an address points to may lie in a closed <details>.
  const reveal = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let up = target; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    target.scrollIntoView({ block: target.closest(".tall") ? "center" : "start" });
    if (target.hasAttribute("tabindex")) target.focus({ preventScroll: true });
  };
  const here = () => decodeURIComponent(location.hash.slice(1));
  addEventListener("hashchange", () => reveal(here()));
  if (location.hash) reveal(here());

  // Among the input rows of an entry, those of the number's own period come first.
  const ofPeriod = (entry, period) => {
    if (!/^(19|20)\d\d/.test(period ?? "")) return;
    const list = entry.querySelector(".basis");
    const own = [...(list?.children ?? [])].filter((li) => li.textContent.split(/[^0-9]/).includes(period.slice(0, 4)));
    if (!own.length) return;
    list.prepend(...own);
    own.forEach((li) => li.classList.add("own"));
    entry.querySelectorAll("details").forEach((details) => { details.open = true; });
  };

  // Numbers of a column in its own table, by what names their row.
  const numbersOf = (id) => [...(document.getElementById(id)?.closest("details").querySelectorAll(`td a.n[href="#${CSS.escape(id)}"]`) ?? [])]
    .map((a) => [[...a.closest("tr").querySelectorAll("th, td:not(.num)")].map((x) => x.textContent.trim()).filter(Boolean), a.textContent.trim(), a]);
  const numeric = (text) => Number(text.replace(/,/g, "").replace("\u2212", "-"));

  // The rule with the figures of the number's own row in place of names: "671 / 1,381".
  const figured = (copy, link) => {
    const formula = copy.querySelector(".formula code");
    const row = link.closest("tr");
    if (!formula || !row) return;
    const names = [...row.querySelectorAll("th, td:not(.num)")].map((x) => x.textContent.trim()).filter(Boolean);
    let missing = false;
    const sum = formula.cloneNode(true);
    for (const name of sum.querySelectorAll("a")) {
      const id = name.getAttribute("href").slice(1);
      const own = row.querySelector(`a.n[href="#${CSS.escape(id)}"]`) ?? numbersOf(id).filter(([labels]) => labels.every((x) => names.includes(x))).map(([, , a]) => a)[0];
      const unit = document.getElementById(id)?.dataset.unit;
      if (own) name.textContent = own.textContent.trim() + (unit && unit !== "%" ? `\u00a0${unit}` : unit ?? "");
      else missing = true;
    }
    if (missing || !sum.querySelector("a")) return;
    const line = document.createElement("p");
    line.className = "sum";
    line.append("In figures: ", ...sum.childNodes, ` = ${link.textContent.trim()}`);
    formula.parentElement.after(line);
  };

  // All numbers of a column, with their sum where the figure is this sum, perhaps in millions.
  const series = (copy, id, figure) => {
    const found = numbersOf(id);
    if (found.length < 2 || found.length > 40) return;
    const list = document.createElement("ul");
    list.className = "series";
    const line = (label, text) => {
      const li = document.createElement("li"), name = document.createElement("span"), value = document.createElement("b");
      name.textContent = label;
      value.textContent = text;
      li.append(name, value);
      list.append(li);
    };
    for (const [labels, text] of found) line(labels.join(" "), text);
    const digits = Math.max(...found.map(([, text]) => (text.split(".")[1] ?? "").length));
    const sum = found.reduce((total, [, text]) => total + (numeric(text) || 0), 0);
    if ([1, 1e3, 1e6, 1e9].some((scale) => Math.abs(sum / scale - figure) <= 0.006 * Math.abs(figure) && figure)) {
      line("sum", sum.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212"));
    }
    copy.querySelector("p")?.after(list);
  };

  // A click on a number shows its entry on the spot; the link still works without scripts.
  const trace = document.getElementById("trace");
  const body = document.getElementById("trace-body");
  let origin = null;
  const close = () => {
    if (trace.hidden) return;
    trace.hidden = true;
    origin?.classList.remove("at");
    origin?.focus({ preventScroll: true });
  };
  const entryOf = (id, link) => {
    const copy = document.getElementById(id).cloneNode(true);
    copy.removeAttribute("id");
    const row = link.closest("tr")?.querySelector("th")?.textContent.trim();
    if (link.closest("#tables td, .scroll td")) figured(copy, link);
    else series(copy, id, numeric(link.textContent));
    ofPeriod(copy, row);
    return copy;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const id = link.getAttribute("href").slice(1);
    const entry = document.getElementById(id);
    if (!entry?.classList.contains("how") || link.id === "trace-entry") {
      if (trace.contains(link)) { event.preventDefault(); close(); history.replaceState(null, "", `#${id}`); reveal(id); }
      return;
    }
    event.preventDefault();
    const copy = entryOf(id, link);
    body.replaceChildren(copy);
    const from = copy.querySelector("[data-from]")?.getAttribute("href").slice(1);
    if (from && document.getElementById(from)?.classList.contains("how")) body.append(entryOf(from, link));
    document.getElementById("trace-entry").href = `#${id}`;
    const row = link.closest("tr")?.querySelector("th")?.textContent.trim();
    document.getElementById("trace-title").textContent =
      link.classList.contains("n") ? `${row ? `${row}: ` : ""}${link.textContent}` : "How this is made";
    if (!trace.contains(link)) {
      origin?.classList.remove("at");
      origin = link;
      origin.classList.add("at");
    }
    trace.hidden = false;
    trace.scrollTop = 0;
    document.getElementById("trace-close").focus();
  });
  document.getElementById("trace-close").addEventListener("click", close);
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  // What a chart or a flow says where one points at it.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  addEventListener("pointermove", (event) => {
    const text = event.target.closest?.("[data-tip]")?.dataset.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${scrollX + Math.max(8, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${scrollY + (event.clientY + height + 24 > innerHeight ? event.clientY - height - 10 : event.clientY + 16)}px`;
  });

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
