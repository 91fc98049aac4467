// Switches among the views that are in the file, sorts and unfolds tables. It computes no figure, and what
// it writes is text, never markup.
"use strict";
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const element = (name, text = "", attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const grouped = (number) => {
    const [whole, fraction] = String(number).split(".");
    const spaced = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f").replace("-", "\u2212");
    return fraction ? `${spaced}.${fraction}` : spaced;
  };

  // Views by team and range, days by team. A template is copied when it is first asked for.
  const form = one(".bar form");
  const slot = one("#view");
  const key = (view) => JSON.stringify([view.dataset.team, view.dataset.range]);
  const views = new Map([slot.firstElementChild, ...all("template.view").map((t) => t.content.firstElementChild)]
    .map((view) => [key(view), view]));
  const days = new Map([one("[data-of-days]", slot), ...all("template.days").map((t) => t.content.firstElementChild)]
    .map((chart) => [chart.dataset.ofDays, chart]));

  // What can be pressed is made where it can be: a page without script has no button that does nothing.
  const button = (cell, attributes) => {
    const made = element("button", cell.textContent, { type: "button", ...attributes });
    cell.replaceChildren(made);
  };
  const equip = (part) => {
    for (const header of all(".sortable > thead th", part)) button(header, {});
    for (const table of all("[data-unfold]", part)) {
      table.names = [...table.tBodies[0].rows].map((row, place) => {
        const name = row.cells[0].textContent;
        row.place = place;
        button(row.cells[0], { class: "unfold", "aria-expanded": "false" });
        return name;
      });
    }
    for (const find of all(".find", part)) find.hidden = false;
    part.equipped = true;
    return part;
  };

  const show = () => {
    const [team, range] = [form.team.value, form.range.value];
    const view = views.get(JSON.stringify([team, range]));
    if (!view) return;
    for (const part of [view, days.get(team)]) if (!part.equipped) equip(document.adoptNode(part));
    if (slot.firstElementChild !== view) slot.replaceChildren(view);
    one("[data-days]", view).replaceChildren(days.get(team));
    for (const part of all("[data-of-team]")) part.hidden = team !== "" && part.dataset.ofTeam !== team;
    one("#status").textContent = view.dataset.summary;
  };

  // The choice is kept in the address, so that a page is opened again, or sent, as it was.
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = one(".theme");
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  const remember = () => {
    const chosen = new URLSearchParams({ team: form.team.value, range: form.range.value });
    if (root.dataset.theme) chosen.set("theme", root.dataset.theme);
    history.replaceState(null, "", `#${chosen}`);
  };
  const recall = () => {
    const chosen = new URLSearchParams(location.hash.slice(1));
    for (const name of ["team", "range"]) {
      const option = [...form[name].options].find((option) => option.value === chosen.get(name));
      if (option) option.selected = true;
    }
    if (["light", "dark"].includes(chosen.get("theme"))) root.dataset.theme = chosen.get("theme");
    nameTheme();
    show();
  };
  form.addEventListener("change", () => { show(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); remember(); });

  const sort = (header) => {
    const table = header.closest("table");
    const place = header.cellIndex;
    const descending = header.getAttribute("aria-sort") === "ascending"
      || (!header.hasAttribute("aria-sort") && "value" in (table.tBodies[0].rows[0]?.cells[place].dataset ?? {}));
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const value = (row) => {
      const cell = row.cells[place];
      return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
    };
    const compare = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    const rows = [...table.tBodies[0].rows].filter((row) => !row.classList.contains("detail"));
    rows.sort((a, b) => (descending ? -1 : 1) * compare(value(a), value(b)));
    table.tBodies[0].append(...rows.flatMap((row) => row.detail ? [row, row.detail] : [row]));
  };

  // What is below a product or a user, made of the view's details when it is unfolded.
  const table = (caption, columns, rows) => {
    const made = element("table");
    made.append(element("caption", caption), element("thead"), element("tbody"));
    made.tHead.append(element("tr"));
    made.tHead.rows[0].append(...columns.map((name) => element("th", name, { scope: "col" })));
    for (const [name, ...cells] of rows) {
      const row = element("tr");
      row.append(element("th", name || "–", { scope: "row" }));
      for (const cell of cells) {
        const td = element("td");
        td.append(cell instanceof Node ? cell : grouped(cell));
        row.append(td);
      }
      made.tBodies[0].append(row);
    }
    return made;
  };
  const weeks = (digits, first) => {
    const list = element("ol", "", { class: "weeks" });
    [...digits].forEach((used, week) => {
      const monday = new Date(Date.parse(first) + week * 7 * 86400000).toISOString().slice(0, 10);
      list.append(element("li", used, { class: `s${Math.min(6, used)}`, title: `Week of ${monday}: ${used} days` }));
    });
    return list;
  };
  const unfolded = {
    products: ([groups, versions, users, more], view) => {
      const { names } = one("[data-unfold=users]", view);
      const named = users.map(([user, ...figures]) => [names[user] ?? user, ...figures]);
      const pair = element("div", "", { class: "pair" });
      pair.append(
        table("Consumption groups", ["Tokens", "Users"], groups),
        table("Versions", ["Version", "Users"], versions),
        table(more ? `Users, without ${grouped(more)} more` : "Users", ["User", "Tokens", "Tokens a month"], named));
      return pair;
    },
    users: (products, view) => table(
      "Products, with the days used in each week of the range",
      ["Product", "Tokens", "Days used", "Versions", "Days per week"],
      products.map(([product, tokens, used, digits, versions]) => [
        product, tokens, used,
        document.createTextNode(versions.map(([name, days]) => `${name || "–"}: ${days} d`).join(", ")),
        weeks(digits, view.details.weeks_from),
      ])),
  };
  const unfold = (button) => {
    const row = button.closest("tr");
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (!row.detail) {
      const kind = row.closest("table").dataset.unfold;
      const view = row.closest(".view");
      view.details ??= JSON.parse(one("script.details", view).textContent);
      const cell = element("td", "", { colspan: row.cells.length });
      cell.append(unfolded[kind](view.details[kind][row.place], view));
      row.detail = element("tr", "", { class: "detail" });
      row.detail.append(cell);
      row.after(row.detail);
    }
    row.detail.hidden = open;
  };

  addEventListener("click", (event) => {
    const button = event.target.closest("th button");
    const link = event.target.closest('a[href^="#"]');
    if (button?.matches(".unfold")) unfold(button);
    else if (button) sort(button.parentElement);
    else if (link) {
      const heading = one(link.getAttribute("href"));
      event.preventDefault();
      heading?.scrollIntoView();
      heading?.focus({ preventScroll: true });
    }
  });
  addEventListener("input", (event) => {
    const kind = event.target.dataset.find;
    if (!kind) return;
    const wanted = event.target.value.trim().toLowerCase();
    const rows = all(`[data-unfold="${kind}"] > tbody > tr:not(.detail)`, slot);
    for (const row of rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      if (row.detail) row.detail.hidden = row.hidden || one(".unfold", row).getAttribute("aria-expanded") !== "true";
    }
    one("#status").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
  });

  const tip = one("#tip");
  addEventListener("pointermove", (event) => {
    const shape = event.target.closest("[data-category]");
    tip.hidden = !shape;
    if (!shape) return;
    const text = shape.dataset.category.trim();
    const rows = all("[data-of-days] tbody tr", shape.closest("figure"));
    const day = rows.find((row) => row.cells[0].textContent === text);
    tip.textContent = day
      ? `${text}: ${day.cells[1].textContent} tokens from active packs, ${day.cells[2].textContent} from expired ones`
      : text;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.clientY + 16}px`;
  });

  // Paper has no button to unfold a table with.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])", slot);
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; });

  equip(one("#events").parentElement);
  recall();
  root.dataset.ready = "";
})();
