// harness.mjs URL VIEW opens a view (or the hash that VIEW.mjs exports) of the page in headless Chromium in both
// languages, themes and widths, lets VIEW.mjs use it, and fails for errors of the page, requests to elsewhere, a page
// that is wider than the window, and serious faults that axe finds.
import assert from "node:assert/strict"
import { mkdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"

const require = createRequire(process.env.LAMINA_NODE + "/")
const { chromium } = require("playwright-core")
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8")
const [, , base, view] = process.argv
const { default: use, hash = `#/${view}`, expected = [] } = await import(`./${view}.mjs`)
const shots = process.env.LAMINA_SHOTS
if (shots) mkdirSync(shots, { recursive: true })

const browser = await chromium.launch({ executablePath: process.env.LAMINA_CHROMIUM, args: ["--no-sandbox"] })
let failed = 0
// Four of the eight combinations contain each pair of a language, a theme and a width.
for (const [lang, theme, width] of [
  ["en", "light", 1280],
  ["en", "dark", 360],
  ["zh", "light", 360],
  ["zh", "dark", 1280],
]) {
  const name = `${view}-${lang}-${theme}-${width}`
  const context = await browser.newContext({
    viewport: { width, height: width === 360 ? 740 : 900 },
    colorScheme: theme,
    locale: lang === "zh" ? "zh-CN" : "en-US",
    reducedMotion: theme === "dark" ? "reduce" : "no-preference",
    hasTouch: width === 360,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20000)
  const problems = []
  page.on("pageerror", e => problems.push(`error: ${e.stack}`))
  page.on("console", m => {
    // expected are messages that the test provokes
    if (["error", "warning"].includes(m.type()) && !expected.some(e => e.test(m.text())))
      problems.push(`console: ${m.text()}`)
  })
  page.on("request", r => {
    if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) problems.push(`request to ${r.url()}`)
  })
  let at = 0
  // look checks what is on the page now, and keeps a picture of it.
  const look = async (what = String(at++)) => {
    if (shots) await page.screenshot({ path: `${shots}/${name}-${what}.png`, fullPage: true })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) problems.push(`${what}: the page is ${wide} pixels wider than the window`)
    await page.evaluate(`globalThis.axe ?? (() => { ${axe} })()`) // not by a script element, which the policy forbids
    const raw = await page.evaluate(async () => {
      const { violations } = await axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      })
      return violations.map(v => ({
        id: v.id,
        impact: v.impact,
        help: v.help,
        nodes: v.nodes.slice(0, 4).map(n => `${n.target} ${n.failureSummary}`),
      }))
    })
    for (const v of raw)
      if (v.impact === "serious" || v.impact === "critical")
        problems.push(`${what}: axe: ${v.id} (${v.help})\n      ${v.nodes.join("\n      ")}`)
  }
  // text returns a text of the dictionary as a regular expression; {values} match anything.
  const text = async key => {
    const words = await (await fetch(`${base}/words.json`)).json()
    assert.ok(words[key], `${key} is not in the dictionary`)
    const words1 = words[key][lang === "zh" ? 1 : 0].split(/\{\w+\}/).map(s => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    return new RegExp(words1.join(".*"))
  }
  const begin = Date.now()
  try {
    await page.goto(`${base}/${hash}`)
    await page.locator(".view").waitFor()
    await use({ page, base, lang, theme, narrow: width === 360, look, text, assert })
  } catch (e) {
    problems.push(e.stack)
    if (shots) await page.screenshot({ path: `${shots}/${name}-failed.png`, fullPage: true })
  }
  console.log(`${name}: ${problems.length ? "FAILED" : "ok"} (${((Date.now() - begin) / 1000).toFixed(1)} s)`)
  for (const p of problems) console.log(`    ${p}`)
  failed += problems.length
  await context.close()
}
await browser.close()
process.exit(failed ? 1 : 0)
