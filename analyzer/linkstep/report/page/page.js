"use strict";
// Draws the import map on a canvas. Places were computed before; this only shows them.
// Far away a box is its title and its modules are marks; near by each module has its name.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { names, paths, boxes, edges } = data;
  const count = names.length;
  const WIDTH = 172, HEIGHT = 22, TITLE = 34;
  const LATE = 1, BROKEN = 2, CIRCLE = 4;
  const NEAR = 0.42, NAMED = 0.3;  // scales from which on modules have names, and edges ends
  const MANY = 1500;  // edges among which dashes could not be told apart, and would take long
  const REST = 140;  // milliseconds of rest after which everything is drawn
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas"), details = byId("details"), search = byId("search");
  const results = byId("results"), part = byId("part");
  const pen = canvas.getContext("2d");
  const index = new Map(names.map((name, number) => [name, number]));
  const imports = Array.from({ length: count }, () => []);
  const importers = Array.from({ length: count }, () => []);
  edges.forEach((edge, number) => {
    imports[edge[0]].push(number);
    importers[edge[1]].push(number);
  });
  const far = new Map();  // imports between two boxes, as one line each
  for (const [from, to, marks] of edges) {
    const a = data.box[from], b = data.box[to];
    if (a === b) continue;
    const key = a * boxes.length + b;
    const one = far.get(key) || { a, b, count: 0, late: true, circle: false };
    one.count += 1;
    one.circle = one.circle || Boolean(marks & CIRCLE);
    one.late = one.late && Boolean(marks & LATE);
    far.set(key, one);
  }
  const bounds = boxes.reduce((r, b) => [Math.max(r[0], b[2] + b[4]), Math.max(r[1], b[3] + b[5])], [1, 1]);
  const troubled = [...names.keys()].filter((n) => data.missing[n] || data.findings[n]);
  const view = { x: 0, y: 0, scale: 1 };
  let size = [1, 1], ratio = 1, colours = {}, chosen = -1, chain = new Set(), over = -1;
  let asked = false, hasty = false, resting = 0;

  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["raised", "ink", "faint", "line", "box", "pill", "pill-line", "edge", "bad", "circle", "accent", "bad-paper"]) {
      colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
  };
  const draw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; paint(); });
  };
  // While the map moves, only what can be drawn at once is.
  const move = () => {
    hasty = edges.length > MANY;
    clearTimeout(resting);
    if (hasty) resting = setTimeout(() => { hasty = false; draw(); }, REST);
    draw();
  };
  const resize = () => {
    const frame = canvas.parentElement;
    ratio = window.devicePixelRatio || 1;
    size = [frame.clientWidth, frame.clientHeight];
    const width = Math.max(1, Math.round(size[0] * ratio));
    const height = Math.max(1, Math.round(size[1] * ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  };
  const fit = (box) => {
    const [x, y, w, h] = box || [0, 0, bounds[0], bounds[1]];
    view.scale = Math.min(1.1, (size[0] - 40) / w, (size[1] - 64) / h);
    view.x = (size[0] - w * view.scale) / 2 - x * view.scale;
    view.y = (size[1] - 24 - h * view.scale) / 2 - y * view.scale;
    draw();
  };
  const zoom = (by, at) => {
    const [x, y] = at || [size[0] / 2, size[1] / 2];
    const scale = Math.min(3, Math.max(0.02, view.scale * by));
    view.x = x - (x - view.x) * (scale / view.scale);
    view.y = y - (y - view.y) * (scale / view.scale);
    view.scale = scale;
    move();
  };

  // What is shown: a filter dims, it never moves anything.
  const isShown = (node) => part.value === "" || String(data.component[node]) === part.value;
  // Where no entry point is known, everything may be reached.
  const isStarted = data.came.includes(-1);
  const isReached = (node) => !isStarted || data.came[node] !== -2;
  const isWanted = (edge) => {
    const marks = edge[2];
    if (!byId("late").checked && marks & LATE) return false;
    if (byId("broken").checked && !(marks & BROKEN)) return false;
    return isShown(edge[0]) || isShown(edge[1]);
  };

  const curve = ([from, to]) => {
    const back = data.x[to] < data.x[from] + WIDTH && data.x[to] + WIDTH > data.x[from];
    const right = data.x[to] > data.x[from];
    const x1 = data.x[from] + (right || back ? WIDTH : 0), y1 = data.y[from];
    const x2 = data.x[to] + (right && !back ? 0 : WIDTH), y2 = data.y[to];
    const bend = back ? 40 : Math.min(160, Math.abs(x2 - x1) / 2);
    const c1 = x1 + (right || back ? bend : -bend), c2 = x2 + (right && !back ? -bend : bend);
    return [x1, y1, c1, y1, c2, y2, x2, y2];
  };
  const curves = new Map(edges.map((edge) => [edge, curve(edge)]));
  const isInside = (x, y) => {
    const left = x * view.scale + view.x, top = y * view.scale + view.y;
    return left > 0 && left < size[0] && top > 0 && top < size[1];
  };
  // An import neither end of which is in sight says nothing to who looks.
  const isVisible = (c) => isInside(c[0], c[1]) || isInside(c[6], c[7]);
  const trace = (c) => { pen.moveTo(c[0], c[1]); pen.bezierCurveTo(c[2], c[3], c[4], c[5], c[6], c[7]); };
  const stroke = (some, colour, width, alpha, arrows) => {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.globalAlpha = alpha;
    pen.lineWidth = width / view.scale;
    const dashes = some.length < MANY;
    for (const edge of some) {
      const c = curves.get(edge);
      if (!isVisible(c)) continue;
      pen.setLineDash(dashes && edge[2] & LATE ? [6 / view.scale, 4 / view.scale] : []);
      pen.beginPath();
      trace(c);
      pen.stroke();
      if (arrows) arrow(c);
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
  const arrow = (c) => {
    const s = 7 / Math.max(view.scale, 0.35), d = c[6] > c[4] ? -1 : 1;
    pen.beginPath();
    pen.moveTo(c[6], c[7]);
    pen.lineTo(c[6] + d * s, c[7] - s / 2);
    pen.lineTo(c[6] + d * s, c[7] + s / 2);
    pen.fill();
  };

  const labels = new Map();
  const shortened = (text, width, font) => {
    const key = `${font}|${width}|${text}`;
    let found = labels.get(key);
    if (found === undefined) {
      found = text;
      pen.font = font;
      if (pen.measureText(text).width > width) {
        let low = 0, high = text.length;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if (pen.measureText(`\u2026${text.slice(text.length - middle)}`).width <= width) low = middle;
          else high = middle - 1;
        }
        found = low ? `\u2026${text.slice(text.length - low)}` : "";
      }
      labels.set(key, found);
    }
    return found;
  };

  const paint = () => {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size[0], size[1]);
    canvas.dataset.scale = view.scale.toFixed(3);
    canvas.dataset.chosen = chosen < 0 ? "" : names[chosen];
    pen.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    paintBoxes();
    paintEdges();
    paintModules();
    paintMarked();
    paintTitles();
    document.documentElement.dataset.ready = "yes";
  };
  const paintBoxes = () => {
    for (const [, component, x, y, w, h] of boxes) {
      pen.globalAlpha = part.value === "" || String(component) === part.value ? 1 : 0.4;
      pen.fillStyle = colours.box;
      pen.strokeStyle = colours.line;
      pen.lineWidth = 1 / view.scale;
      pen.beginPath();
      pen.roundRect(x, y, w, h, 8);
      pen.fill();
      pen.stroke();
    }
    pen.globalAlpha = 1;
  };
  // Which edges are drawn changes with the filters only, not with every frame.
  let drawn = null;
  const sorted = () => {
    if (drawn) return drawn;
    const wanted = edges.filter(isWanted);
    drawn = {
      plain: wanted.filter((edge) => !(edge[2] & (BROKEN | CIRCLE))),
      circle: wanted.filter((edge) => edge[2] & CIRCLE && !(edge[2] & BROKEN)),
      hit: wanted.filter((edge) => edge[2] & BROKEN && isReached(edge[0])),
      idle: wanted.filter((edge) => edge[2] & BROKEN && !isReached(edge[0])),
    };
    return drawn;
  };
  const paintEdges = () => {
    if (!byId("plain").checked || byId("broken").checked) return;
    const some = chosen >= 0, { plain, circle } = sorted();
    if (view.scale < NAMED) paintFar(some ? 0.1 : 0.35);
    else if (!hasty) {
      stroke(plain, colours.edge, 0.8, some ? 0.12 : 0.45);
      stroke(circle, colours.circle, 1.1, some ? 0.1 : 0.5);
    }
  };
  const paintMarked = () => {
    const { hit, idle } = sorted(), some = chosen >= 0;
    stroke(idle, colours.bad, 1, some ? 0.15 : 0.3, true);
    stroke(hit, colours.bad, 2, some ? 0.35 : 0.95, true);
    if (chosen < 0) return;
    const near = [...imports[chosen], ...importers[chosen]].map((number) => edges[number]);
    const colour = (edge) => edge[2] & BROKEN ? colours.bad : edge[2] & CIRCLE ? colours.circle : colours.ink;
    for (const edge of near) stroke([edge], colour(edge), edge[2] & BROKEN ? 2.5 : 1.4, 0.9, true);
    stroke(edges.filter((edge) => chain.has(`${edge[0]} ${edge[1]}`)), colours.accent, 3, 1, true);
  };
  const paintFar = (alpha) => {
    for (const one of far.values()) {
      pen.strokeStyle = one.circle ? colours.circle : colours.edge;
      if (one.late && !byId("late").checked) continue;
      const [, ca, ax, ay, aw, ah] = boxes[one.a], [, cb, bx, by, bw, bh] = boxes[one.b];
      if (part.value !== "" && String(ca) !== part.value && String(cb) !== part.value) continue;
      const right = bx >= ax;
      const x1 = right ? ax + aw : ax, x2 = right ? bx : bx + bw;
      const bend = Math.max(60, Math.abs(x2 - x1) / 3) * (right ? 1 : -1);
      pen.globalAlpha = alpha * Math.min(1, 0.25 + one.count / 40);
      pen.lineWidth = Math.min(5, 0.5 + Math.log2(1 + one.count) / 2) / view.scale;
      pen.setLineDash(one.late ? [6 / view.scale, 4 / view.scale] : []);
      pen.beginPath();
      trace([x1, ay + ah / 2, x1 + bend, ay + ah / 2, x2 - bend, by + bh / 2, x2, by + bh / 2]);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
  const paintModules = () => {
    const near = new Set();
    if (chosen >= 0) {
      for (const number of imports[chosen]) near.add(edges[number][1]);
      for (const number of importers[chosen]) near.add(edges[number][0]);
      for (let n = chosen; n >= 0; n = data.came[n]) near.add(n);
    }
    const font = "12px system-ui, sans-serif";
    for (let n = 0; n < count; n += 1) {
      const x = data.x[n], y = data.y[n] - HEIGHT / 2;
      const left = x * view.scale + view.x, top = y * view.scale + view.y;
      if (left > size[0] || top > size[1] || left + WIDTH * view.scale < 0 || top + HEIGHT * view.scale < 0) continue;
      const bad = data.missing[n] || data.findings[n];
      const dim = !isShown(n) || (chosen >= 0 && n !== chosen && !near.has(n)) || (byId("broken").checked && !bad);
      pen.globalAlpha = dim ? 0.28 : 1;
      if (view.scale < NAMED && !bad && n !== chosen) {
        pen.fillStyle = colours.line;
        pen.fillRect(x, y, WIDTH, HEIGHT);
        continue;
      }
      pen.fillStyle = bad ? colours["bad-paper"] : colours.pill;
      pen.strokeStyle = n === chosen ? colours.accent : bad ? colours.bad : n === over ? colours.ink : colours["pill-line"];
      const marked = n === chosen || (bad && isReached(n));
      pen.lineWidth = (n === chosen ? 3 : marked ? 1.6 : 1) / Math.max(view.scale, marked ? 0.05 : 0.5);
      pen.setLineDash(data.missing[n] ? [4, 3] : []);
      pen.beginPath();
      if (view.scale < NAMED) pen.rect(x, y, WIDTH, HEIGHT);
      else pen.roundRect(x, y, WIDTH, HEIGHT, 5);
      pen.fill();
      pen.stroke();
      if (view.scale >= NEAR || n === chosen) {
        pen.fillStyle = bad ? colours.bad : colours.ink;
        const mark = data.missing[n] ? "\u2715 " : bad ? "! " : "";
        const text = mark + shortened(data.label[n], WIDTH - 16 - (mark ? 14 : 0), font);
        pen.font = font;
        pen.textBaseline = "middle";
        pen.fillText(text, x + 8, data.y[n] + 0.5);
      }
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
  const paintTitles = () => {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.textBaseline = "middle";
    for (const [name, component, x, y, w] of boxes) {
      const left = x * view.scale + view.x + 6, width = w * view.scale - 12;
      const height = Math.min(17, Math.max(9, TITLE * view.scale * 0.55));
      const top = y * view.scale + view.y + Math.max(TITLE * view.scale * 0.5, height * 0.75);
      if (left > size[0] || left + width < 0 || top < -20 || top > size[1] + 20 || width < 30) continue;
      const font = `600 ${Math.round(height)}px system-ui, sans-serif`;
      const room = Math.round(width / 8) * 8;
      let text = shortened(name, room, font);
      if (text !== name) text = shortened(name.split(".").pop(), room, font);
      pen.font = font;
      pen.globalAlpha = part.value === "" || String(component) === part.value ? 1 : 0.4;
      if (view.scale < NAMED) {
        pen.fillStyle = colours.box;
        pen.fillRect(left - 3, top - height * 0.65, pen.measureText(text).width + 6, height * 1.3);
      }
      pen.fillStyle = colours.ink;
      pen.fillText(text, left, top);
    }
    pen.globalAlpha = 1;
  };

  // Details of one module; text is only ever set as text.
  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const link = (node) => {
    const button = make("button", names[node], "link");
    button.type = "button";
    button.addEventListener("click", () => choose(node, true));
    return button;
  };
  const words = (marks, missing) => [
    missing ? `broken: ${missing}` : marks & BROKEN ? "broken" : "",
    marks & CIRCLE ? "cycle" : "", marks & LATE ? "deferred" : "",
  ].filter(Boolean).join(", ");
  const list = (title, numbers, end) => {
    if (!numbers.length) return;
    details.append(make("h4", `${title} (${numbers.length})`));
    const items = make("ul");
    for (const number of numbers.slice(0, 150)) {
      const [, , marks, line, missing] = edges[number];
      const item = make("li");
      item.append(link(edges[number][end]));
      const said = [`line ${line}`, words(marks, missing)].filter(Boolean).join(", ");
      item.append(make("span", ` ${said}`, marks & BROKEN ? "place bad" : "place faint"));
      items.append(item);
    }
    if (numbers.length > 150) items.append(make("li", `and ${numbers.length - 150} more`));
    details.append(items);
  };
  const tell = (node) => {
    details.replaceChildren(make("h3", names[node]));
    if (paths[node]) details.append(make("p", paths[node], "place faint"));
    if (data.missing[node]) details.append(make("p", "This module does not exist.", "told"));
    const component = data.components[data.component[node]];
    if (component) details.append(make("p", `Component: ${component}`));
    for (const [code, severity, line, message, effect] of data.findings[node] || []) {
      const told = make("div", undefined, "told");
      told.append(make("strong", `${code} ${severity}, line ${line}`), make("div", message));
      if (effect) told.append(make("div", effect, "faint"));
      details.append(told);
    }
    const way = [];
    for (let n = node; n >= 0; n = data.came[n]) way.unshift(n);
    const reached = data.came[node] !== -2;
    if (reached) {
      details.append(make("h4", "Chain from the entry point"));
      const steps = make("ol");
      for (const step of way) {
        const item = make("li");
        item.append(link(step));
        steps.append(item);
      }
      details.append(steps);
    } else {
      details.append(make("p", "No known entry point reaches it.", "faint"));
    }
    list("Imports", imports[node], 1);
    list("Imported by", importers[node], 0);
    chain = new Set(reached ? way.slice(1).map((step, number) => `${way[number]} ${step}`) : []);
  };
  const choose = (node, move) => {
    chosen = node;
    if (node < 0) {
      chain = new Set();
      details.replaceChildren(make("p", "No module is chosen.", "faint"));
    } else {
      tell(node);
      details.scrollTop = 0;
      if (move) {
        view.scale = Math.max(view.scale, 0.7);
        view.x = size[0] / 2 - (data.x[node] + WIDTH / 2) * view.scale;
        view.y = size[1] / 2 - data.y[node] * view.scale;
      }
    }
    draw();
  };

  // Finding modules.
  const found = () => {
    const asked = search.value.trim().toLowerCase();
    if (!asked) return [];
    const hits = [];
    for (let n = 0; n < count; n += 1) {
      const at = names[n].toLowerCase().indexOf(asked);
      if (at >= 0) hits.push([at + asked.length === names[n].length ? 0 : 1, names[n].length, n]);
    }
    return hits.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]).map((hit) => hit[2]);
  };
  const close = () => { results.hidden = true; search.setAttribute("aria-expanded", "false"); };
  const offer = () => {
    const hits = found();
    results.replaceChildren();
    for (const node of hits.slice(0, 30)) {
      const option = make("button", names[node]);
      option.type = "button";
      option.setAttribute("role", "option");
      option.addEventListener("click", () => { close(); choose(node, true); canvas.focus({ preventScroll: true }); });
      results.append(option);
    }
    if (hits.length > 30) results.append(make("p", `and ${hits.length - 30} more`, "faint"));
    if (!hits.length) results.append(make("p", "no module has that in its name", "faint"));
    results.hidden = !search.value.trim();
    search.setAttribute("aria-expanded", String(!results.hidden));
  };
  search.addEventListener("input", offer);
  search.addEventListener("focus", offer);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { const [first] = found(); if (first !== undefined) { close(); choose(first, true); } }
    if (event.key === "Escape") { search.value = ""; close(); }
    if (event.key === "ArrowDown") { event.preventDefault(); results.querySelector("button")?.focus(); }
  });
  results.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) { event.preventDefault(); (document.activeElement[step] || search).focus(); }
    if (event.key === "Escape") { close(); search.focus(); }
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".finder")) close(); });

  // Moving around.
  const nodeAt = (x, y) => {
    const wx = (x - view.x) / view.scale, wy = (y - view.y) / view.scale;
    for (let n = 0; n < count; n += 1) {
      if (wx >= data.x[n] && wx <= data.x[n] + WIDTH && Math.abs(wy - data.y[n]) <= HEIGHT / 2 + 3) return n;
    }
    return -1;
  };
  const held = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone again */ }
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
    canvas.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = [event.offsetX, event.offsetY], before = held.get(event.pointerId);
    if (!before) {
      const node = nodeAt(...here);
      if (node !== over) { over = node; canvas.title = node < 0 ? "" : names[node]; draw(); }
      return;
    }
    moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const spread = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoom(spread(here) / spread(before), other);
    } else if (moved > 4) {
      canvas.classList.add("moving");
      view.x += here[0] - before[0];
      view.y += here[1] - before[1];
    }
    held.set(event.pointerId, here);
    move();
  });
  const release = (event) => {
    const was = held.delete(event.pointerId);
    canvas.classList.remove("moving");
    if (was && event.type === "pointerup" && moved <= 4) {
      const node = nodeAt(event.offsetX, event.offsetY);
      if (node >= 0) choose(node, false);
      else if (chosen >= 0) choose(-1, false);
      else {
        const wx = (event.offsetX - view.x) / view.scale, wy = (event.offsetY - view.y) / view.scale;
        const box = boxes.find(([, , x, y, w, h]) => wx >= x && wx <= x + w && wy >= y && wy <= y + h);
        if (box && view.scale < NEAR) fit([box[2], box[3], box[4], box[5]]);
      }
    }
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), [event.offsetX, event.offsetY]);
  }, { passive: false });
  const nextBroken = () => {
    if (!troubled.length) return;
    choose(troubled.find((n) => n > chosen) ?? troubled[0], true);
  };
  const keys = {
    ArrowLeft: () => { view.x += 60; }, ArrowRight: () => { view.x -= 60; },
    ArrowUp: () => { view.y += 60; }, ArrowDown: () => { view.y -= 60; },
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: () => fit(),
    n: nextBroken, "/": () => search.focus(), Escape: () => choose(-1, false),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    move();
  });
  byId("closer").addEventListener("click", () => zoom(1.4));
  byId("further").addEventListener("click", () => zoom(1 / 1.4));
  byId("fit").addEventListener("click", () => fit());
  byId("next").addEventListener("click", nextBroken);
  byId("next").hidden = !troubled.length;
  for (const id of ["broken", "plain", "late"]) byId(id).addEventListener("change", () => { drawn = null; draw(); });
  data.components.forEach((name, number) => {
    const option = make("option", name);
    option.value = String(number);
    part.append(option);
  });
  part.addEventListener("change", () => {
    drawn = null;
    const own = boxes.filter((box) => String(box[1]) === part.value);
    if (!own.length) { fit(); return; }
    const x = Math.min(...own.map((b) => b[2])), y = Math.min(...own.map((b) => b[3]));
    fit([x, y, Math.max(...own.map((b) => b[2] + b[4])) - x, Math.max(...own.map((b) => b[3] + b[5])) - y]);
  });
  document.addEventListener("click", (event) => {
    const shown = event.target.closest("[data-module]");
    if (!shown || !index.has(shown.dataset.module)) return;
    byId("map").scrollIntoView();
    choose(index.get(shown.dataset.module), true);
  });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); draw(); });
  new ResizeObserver(() => {
    const before = size;
    resize();
    if (before[0] === size[0] && before[1] === size[1]) return;
    view.x += (size[0] - before[0]) / 2;
    view.y += (size[1] - before[1]) / 2;
    paint();
  }).observe(canvas.parentElement);
  const kept = {};
  addEventListener("beforeprint", () => {
    Object.assign(kept, view);
    resize();
    readColours();
    fit();
    paint();
  });
  addEventListener("afterprint", () => { Object.assign(view, kept); readColours(); resize(); draw(); });
  readColours();
  resize();
  fit();
})();
