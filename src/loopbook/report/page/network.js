"use strict";
// Draws the loop as a network: left to right where there is room, downward on a phone.
(() => {
  const place = document.getElementById("net");
  if (!place) return;
  const data = JSON.parse(document.getElementById("network").textContent);
  const NODE = 8, STUB = 66, LETTERS = 16;
  const text = (x) => String(x).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const amount = (x, unit) => `${x.toLocaleString("en-US", { maximumFractionDigits: x < 10 ? 1 : 0 })}\u00a0${unit}`;
  const wrapped = (words) => words.split(" ").reduce((lines, word) => {
    const last = lines[lines.length - 1];
    if (last && `${last} ${word}`.length <= LETTERS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
  const chosen = (name) => document.querySelector(`[name="${name}"]:checked, select[name="${name}"]`)?.value;

  // Flows of one period and measure: width of each link, and what it is made of.
  const flowsOf = (period, measure) => {
    const links = data.links.map((via, k) => ({ k, via, back: data.back[k], value: 0, materials: [] }));
    for (const [p, k, material, ...values] of data.flows) {
      if (p !== period || !values[measure]) continue;
      links[k].value += values[measure];
      if (material) links[k].materials.push([material, values[measure]]);
    }
    return links.filter((link) => link.value > 0);
  };

  // Ports: each link has a strip of its own at each place that it touches.
  const portsOf = (links, spots) => {
    const middle = (n) => spots.tops[n] + spots.deep[n] / 2;
    const sums = data.places.map(() => [0, 0]);
    const ports = links.map(() => ({ out: [], in: [] }));
    const steps = links.flatMap((link, i) => link.via.slice(1).map((to, s) => ({ i, s, from: link.via[s], to, back: link.back, width: link.value * spots.scale })));
    for (const n of data.places.keys()) {
      for (const [side, own, other] of [[0, "from", "to"], [1, "to", "from"]]) {
        const here = steps.filter((step) => step[own] === n);
        here.sort((a, b) => a.back - b.back || middle(a[other]) - middle(b[other]));
        sums[n][side] = here.reduce((sum, step) => sum + step.width, 0);
        let at = spots.tops[n];
        for (const step of here) {
          ports[step.i][side ? "in" : "out"][step.s] = at + step.width / 2;
          at += step.width;
        }
      }
    }
    return { ports, deep: sums.map(([a, b]) => Math.max(a, b, 0)) };
  };

  // A way along straight lines with round corners.
  const rounded = (points, radius) => points.slice(1, -1).reduce((d, [u, v], i) => {
    const cut = ([a, b]) => {
      const length = Math.hypot(a - u, b - v) || 1, r = Math.min(radius, length / 2);
      return [u + (a - u) * r / length, v + (b - v) * r / length];
    };
    return [...d, ["L", cut(points[i])], ["Q", [u, v], cut(points[i + 2])]];
  }, [["M", points[0]]]).concat([["L", points[points.length - 1]]]);

  const draw = () => {
    const wide = place.clientWidth >= 700;
    const period = data.periods.indexOf(chosen("period")), measure = Number(chosen("measure") ?? 0);
    const [title, unit, role] = data.measures[measure];
    const links = flowsOf(period, measure);
    const spots = data[wide ? "wide" : "tall"][measure];
    const { ports, deep } = portsOf(links, spots);
    const returns = links.filter((link) => link.back);
    const returning = Math.max(0, ...returns.map((link) => link.value * spots.scale));
    const used = new Set(links.flatMap((link) => link.via));
    const named = [...data.places.keys()].filter((n) => data.places[n] && used.has(n));
    const last = Math.max(...data.ranks);

    // Along the flow: a rank has a stretch in which everything runs straight, labels included.
    const span = [], at = [];
    if (wide) {
      const room = Math.max(70, returning + 44);
      const left = 24 + (returns.some((link) => data.ranks[link.via[link.via.length - 1]] === 0) ? returning + 40 : 0);
      const step = Math.max(2 * STUB + room, (1120 - left - 150) / Math.max(last, 1));
      for (let r = 0; r <= last; r += 1) span[r] = [left + r * step, left + r * step + 2 * STUB];
      for (const n of data.places.keys()) at[n] = span[data.ranks[n]][0] + STUB;
    } else {
      let u = returning + 30;
      for (let r = 0; r <= last; r += 1) {
        const own = named.filter((n) => data.ranks[n] === r).sort((a, b) => spots.tops[a] - spots.tops[b]);
        span[r] = [u, u + 44 * Math.max(own.length, 0.5)];
        for (const [i, n] of own.entries()) at[n] = u + 44 * i + 18;
        for (const n of data.places.keys()) at[n] ??= data.ranks[n] === r ? u + 18 : undefined;
        u = span[r][1] + Math.max(30, returns.length ? returning + 20 : 30);
      }
    }
    const lows = named.map((n) => spots.tops[n]), highs = named.map((n) => spots.tops[n] + spots.deep[n]);
    let lane = wide ? Math.max(...highs) + 26 : Math.min(...lows) - 16;
    const xy = ([u, v]) => (wide ? `${u.toFixed(1)} ${v.toFixed(1)}` : `${v.toFixed(1)} ${u.toFixed(1)}`);
    const path = (parts) => parts.map(([c, ...points]) => c + points.map(xy).join(" ")).join("");
    const metal = role ? `var(--${role})` : "var(--ink4)";
    const bands = [], marks = [], labels = [];
    let most = -Infinity, furthest = 0;
    for (const [i, link] of links.entries()) {
      const width = Math.max(link.value * spots.scale, 0.8), ends = [link.via[0], link.via[link.via.length - 1]];
      const names = ends.map((n) => data.places[n]);
      const listed = link.materials.length > 1 ? link.materials.sort((a, b) => b[1] - a[1]).slice(0, 9).map(([m, x]) => `\n${m}: ${amount(x, unit)}`).join("") : link.materials.map(([m]) => `\n${m}`).join("");
      const tip = text(`${names[0]} to ${names[1]}: ${amount(link.value, unit)}${listed}`);
      let d;
      if (link.back) {
        lane += (wide ? 1 : -1) * (width / 2);
        const a = span[data.ranks[ends[0]]][1] + width / 2 + 14, b = span[data.ranks[ends[1]]][0] - width / 2 - 14;
        const [v0, v1] = [ports[i].out[0], ports[i].in[0]];
        d = path(rounded([[at[ends[0]] + NODE, v0], [a, v0], [a, lane], [b, lane], [b, v1], [at[ends[1]], v1]], width / 2 + 14));
        for (const part of [0.25, 0.5, 0.75]) {
          const u = a + (b - a) * part, h = Math.min(Math.max(width * 0.3, 2.5), 5);
          marks.push(`<path class="tip-arrow" d="M${xy([u - h, lane])}L${xy([u + h, lane - h])}L${xy([u + h, lane + h])}Z"/>`);
        }
        furthest = Math.max(furthest, a + width / 2);
        lane += (wide ? 1 : -1) * (width / 2 + (wide ? 20 : 8));
        if (wide) labels.push(`<text class="val" x="${((a + b) / 2).toFixed(0)}" y="${(lane - 4).toFixed(1)}" text-anchor="middle" style="fill:${role ? metal : "var(--ink2)"}">${text(`${amount(link.value, unit)} back to ${names[1]}`)}</text>`);
      } else {
        const parts = [["M", [at[ends[0]] + NODE, ports[i].out[0]]]];
        for (let s = 1; s < link.via.length; s += 1) {
          const [from, to] = [link.via[s - 1], link.via[s]];
          const [v0, v1] = [ports[i].out[s - 1], ports[i].in[s - 1]];
          const [u0, u1] = [span[data.ranks[from]][1], span[data.ranks[to]][0]], half = (u0 + u1) / 2;
          parts.push(["L", [u0, v0]], ["C", [half, v0], [half, v1], [u1, v1]]);
        }
        parts.push(["L", [at[ends[1]], ports[i].in[link.via.length - 2]]]);
        d = path(parts);
      }
      const fresh = !links.some((other) => other.via[other.via.length - 1] === ends[0]) && !link.back && links.some((other) => other.back && other.via[other.via.length - 1] === ends[1]);
      const colour = fresh ? "var(--bought)" : metal;
      bands.push(`<path d="${d}" fill="none" stroke="${colour}" stroke-opacity="${fresh ? 0.6 : link.back ? 0.6 : 0.38}" stroke-width="${width.toFixed(1)}" data-tip="${tip}"/>`);
    }
    const side = wide ? 0 : Math.max(...highs) + 14;
    for (const n of named) {
      const [u, v, h] = [at[n], spots.tops[n], Math.max(deep[n], 2)];
      const [x, y, w, k] = wide ? [u, v, NODE, h] : [v, u, h, NODE];
      const value = amount(deep[n] / spots.scale, unit);
      marks.push(`<rect class="node" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${k.toFixed(1)}"/>`);
      const below = data.of[n] ? `${data.of[n]}, ${value}` : value;
      if (wide) {
        const names = wrapped(data.places[n]), values = wrapped(below);
        const lines = [...names.map((t) => ["name", t]), ...values.map((t) => ["val", t])];
        const [anchor, tx] = data.ranks[n] === last ? ["start", u - 30] : ["middle", u + NODE / 2];
        lines.forEach(([kind, t], i) => labels.push(`<text class="${kind}" x="${tx.toFixed(1)}" y="${(v - 7 - 15 * (lines.length - 1 - i)).toFixed(1)}" text-anchor="${anchor}">${text(t)}</text>`));
        most = Math.max(most, v + h);
        furthest = Math.max(furthest, u + STUB + 40);
      } else {
        labels.push(`<path class="tie" d="M${(v + h + 2).toFixed(1)} ${u + 4}H${side - 4}"/><text class="name" x="${side}" y="${u + 2}">${text(data.places[n])}</text><text class="val" x="${side}" y="${u + 17}">${text(below)}</text>`);
      }
    }
    const end = span[last][1] + returning + 40;
    const box = wide
      ? [0, Math.min(...lows) - 70, Math.max(furthest + 12, 1120), Math.max(most, lane) - Math.min(...lows) + 80]
      : [lane - 4, 0, Math.max(358, side + 150 - lane), end];
    place.innerHTML = `<svg viewBox="${box.map((x) => x.toFixed(0)).join(" ")}" role="img" aria-label="${text(`The loop, ${title}, ${data.periods[period]}; the table has the same numbers`)}"><g>${bands.join("")}</g><g>${marks.join("")}</g><g>${labels.join("")}</g></svg>`;
    say(links, returns, period, title, unit);
  };

  // One sentence on what comes back.
  const say = (links, returns, period, title, unit) => {
    const goal = returns.length && returns.reduce((a, b) => (a.value > b.value ? a : b)).via.slice(-1)[0];
    const sum = (some) => some.reduce((total, link) => total + link.value, 0);
    const back = sum(returns.filter((link) => link.via.slice(-1)[0] === goal)), all = sum(links.filter((link) => link.via.slice(-1)[0] === goal));
    document.getElementById("net-says").textContent = back
      ? `${data.periods[period]}, ${title.toLowerCase() === "mass" ? "mass" : title}: ${amount(back, unit)} come back to ${data.places[goal]}, ${(100 * back / all).toFixed(1)}\u00a0% of what it takes in`
      : `${data.periods[period]}, ${title}: nothing comes back`;
  };

  for (const control of document.querySelectorAll('[name="period"], [name="measure"]')) control.addEventListener("change", draw);
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - width) > 8) { width = place.clientWidth; draw(); }
  }).observe(place);
  addEventListener("beforeprint", draw);
  draw();
})();
