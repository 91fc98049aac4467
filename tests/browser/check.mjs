// Opens a page of `flexmeter report`, or the page of an answer, in a headless Chromium and tells, as JSON, what is on it.
//
//   node check.mjs PAGE                      every view's figures, or every section; what was asked of the network,
//                                            axe's findings
//   node check.mjs PAGE --screenshots DIR    pictures of it instead, light and dark, wide and narrow

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, option, folder] = process.argv.slice(2);
const address = pathToFileURL(resolve(file)).href;
// The page of an answer has no script, and nothing to choose.
const isAnswer = !readFileSync(file, "utf8").includes("<script");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [1280, 390];
const THEMES = ["light", "dark"];

const onPath = (name) => process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find(existsSync);
const executablePath = process.env.CHROMIUM || onPath("chromium");
if (!executablePath) throw new Error("There is no chromium on the PATH, and CHROMIUM names none.");
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
  ],
});
const complaints = [];
const requests = [];

// A page that is ready, in a profile of its own; what it complains of and asks for is kept.
async function open({ width = 1280, theme = "light", hash = "", script = true }) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme: theme, javaScriptEnabled: script,
  });
  const page = await context.newPage();
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== address && !url.startsWith("data:")) requests.push(url);
  });
  await page.goto(address + hash);
  if (script && !isAnswer) await page.waitForSelector("html[data-ready]");
  return page;
}

// What the view that is shown says, by the names of its hooks.
const read = () => {
  const exact = (cell) => cell.dataset.value;
  const rows = (kind) => [...document.querySelectorAll(`[data-unfold=${kind}] > tbody > tr`)].map((row) =>
    [row.cells[0].textContent, ...[...row.cells].filter((cell) => "value" in cell.dataset).map(exact)]);
  const figures = [...document.querySelectorAll("#view [data-figure][data-value]")];
  return {
    figures: Object.fromEntries(figures.map((figure) => [figure.dataset.figure, exact(figure)])),
    products: rows("products"),
    users: rows("users"),
    groups: [...document.querySelectorAll("[data-group]")].map((row) => [row.dataset.group, exact(row.cells[1])]),
    days: [...document.querySelectorAll("[data-of-days] tbody tr")]
      .map((row) => [row.cells[0].textContent, exact(row.cells[1]), exact(row.cells[2])]),
    hours: [...document.querySelectorAll("table.heat")]
      .map((table) => [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((c) => Number(c.textContent)))),
    balances: [...document.querySelectorAll("article[data-of-team]")].filter((ring) => !ring.hidden)
      .map((ring) => [ring.dataset.ofTeam, ...[...ring.querySelectorAll("dl dd")].map(exact)]),
    // Shapes that cover something, in each picture.
    charts: [...document.querySelectorAll("main svg")].filter((svg) => svg.checkVisibility()).map((svg) =>
      [...svg.querySelectorAll("path[data-value]")].filter((path) => {
        const { width, height } = path.getBBox();
        return width > 0 && height > 0;
      }).length),
  };
};

async function views(page) {
  const options = (name) => page.$$eval(`select[name=${name}] option`, (list) => list.map((option) => option.value));
  const read_views = [];
  for (const team of await options("team")) {
    for (const range of await options("range")) {
      await page.selectOption("select[name=team]", team);
      await page.selectOption("select[name=range]", range);
      const hash = await page.evaluate(() => location.hash);
      read_views.push({ team, range, hash, status: await page.textContent("#status"), ...(await page.evaluate(read)) });
    }
  }
  return read_views;
}

// With the keyboard alone: a table sorted, a row unfolded, a user found.
async function keyboard(page) {
  const column = page.locator("[data-unfold=users] thead button").first();
  await column.focus();
  await page.keyboard.press("Enter");
  const sorted = await page.$$eval("[data-unfold=users] > tbody > tr", (rows) => rows.map((row) => row.cells[0].textContent));
  const order = await page.getAttribute("[data-unfold=users] thead th:first-child", "aria-sort");
  const unfolded = [];
  for (const kind of ["products", "users"]) {
    await page.locator(`[data-unfold=${kind}] .unfold`).first().focus();
    await page.keyboard.press("Enter");
    unfolded.push(await page.innerText(`[data-unfold=${kind}] .detail`));
  }
  await page.focus("[data-find=users]");
  await page.keyboard.type("SCRIPT");
  const found = await page.$$eval("[data-unfold=users] > tbody > tr:not(.detail)",
    (rows) => rows.filter((row) => row.checkVisibility()).map((row) => row.cells[0].innerText));
  await page.fill("[data-find=users]", "");
  return { sorted, order, unfolded, found };
}

async function faults(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
}

async function check() {
  const page = await open({});
  const ready = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
  const told = { ready, keyboard: await keyboard(page), views: await views(await open({})), faults: {} };
  const last = told.views.at(-1);
  const again = await open({ hash: last.hash });
  told.again = (await again.evaluate(read)).figures;
  const plain = await open({ script: false });
  told.plain = { tokens: await plain.getAttribute("[data-figure='overview.tokens']", "data-value"),
    charts: await plain.locator("main svg").count(), buttons: await plain.locator("main button").count() };
  await again.emulateMedia({ media: "print" });
  told.printed = { filters: await again.isVisible(".bar nav"), users: await again.isVisible("[data-unfold=users]") };
  told.wider = {};
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      const seen = await open({ width, theme, hash: last.hash });
      await seen.$$eval("details", (list) => list.forEach((part) => { part.open = true; }));
      await seen.locator("[data-unfold=products] .unfold").first().click();
      await seen.locator("[data-unfold=users] .unfold").first().click();
      told.faults[`${theme}, ${width} wide`] = await faults(seen);
      told.wider[`${theme}, ${width} wide`] = await seen.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    }
  }
  console.log(JSON.stringify({ ...told, complaints, requests }));
}

// Every section with its chart and its figures; what is seen at each width.
async function answer() {
  const page = await open({});
  const told = { title: await page.title(), headings: await page.$$eval("h1, h2", (list) => list.map((h) => h.textContent)), faults: {}, wider: {}, charts: {} };
  told.sections = await page.$$eval("main > section", (list) => list.map((section) => ({
    words: section.querySelector("[role=img]")?.getAttribute("aria-label") ?? null,
    keys: [...section.querySelectorAll(".keys li")].map((key) => key.textContent.trim()),
    rows: [...section.querySelectorAll("table tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    text: section.innerText,
  })));
  // Shapes and figures of axes in each picture that is seen.
  const drawn = () => [...document.querySelectorAll("main svg")].filter((svg) => svg.checkVisibility()).map((svg) => ({
    shapes: [...svg.querySelectorAll("path, polygon, circle, rect, polyline")].filter((shape) => {
      const { width, height } = shape.getBBox();
      return width > 0 && height > 0;
    }).length,
    texts: [...svg.querySelectorAll("text")].map((text) => text.textContent),
    outside: [...svg.querySelectorAll("text")].filter((text) => {
      const [inner, outer] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
      return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
    }).map((text) => text.textContent),
    smallest: Math.min(...[...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect().height)),
  }));
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      const how = `${theme}, ${width} wide`;
      const seen = await open({ width, theme });
      await seen.$$eval("details", (list) => list.forEach((part) => { part.open = true; }));
      told.faults[how] = await faults(seen);
      told.wider[how] = await seen.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      told.charts[how] = await seen.evaluate(drawn);
    }
  }
  await page.emulateMedia({ media: "print" });
  told.printed = (await page.evaluate(drawn)).length;
  console.log(JSON.stringify({ ...told, complaints, requests }));
}

async function screenshots() {
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      const page = await open({ width, theme });
      await page.screenshot({ path: join(folder, `${theme}-${width}-all.png`), fullPage: true });
      await page.setViewportSize({ width, height: width > 1000 ? 1200 : 844 });
      await page.screenshot({ path: join(folder, `${theme}-${width}.png`) });
    }
  }
}

try {
  await (option === "--screenshots" ? screenshots() : isAnswer ? answer() : check());
} finally {
  await browser.close();
}
