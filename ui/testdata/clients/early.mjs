// Early readers: they click, type and leave while the server's first answers are still under way.
export const hash = "#/runs"

// centers returns the middles of the controls that a mouse can reach.
const centers = page =>
  page.locator(".view").evaluate(view =>
    [...view.querySelectorAll("button, input, select, textarea, canvas")]
      .map(e => e.getBoundingClientRect())
      .filter(r => r.width && r.height && r.top > 0 && r.bottom < innerHeight && r.left > 0 && r.right < innerWidth)
      .map(r => [r.left + r.width / 2, r.top + r.height / 2]),
  )

export default async function ({ page, base, assert }) {
  let wait = 0
  await page.route("**/api/**", async r => {
    await new Promise(done => setTimeout(done, wait))
    await r.continue().catch(() => {}) // the page may have left
  })
  const views = await page.locator("nav a").evaluateAll(l => l.map(a => a.getAttribute("href")))
  for (const view of views) {
    wait = 400
    await page.goto("about:blank")
    await page.goto(`${base}/${view}`)
    await page.locator(".view").waitFor()
    for (let round = 0; round < 2; round++) {
      for (const [x, y] of (await centers(page)).slice(0, 12)) {
        await page.mouse.click(x, y)
        await page.keyboard.press("Escape") // closes a list
      }
      for (const key of [..." rdsexnc", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key)
      await page.evaluate(to => (location.hash = to), `${view}?step=${round}`)
    }
    wait = 0
    await page.waitForFunction(() => globalThis.lamina?.ready)
    const name = view.slice(2)
    assert.equal(await page.locator(`.view.${name}`).count(), 1, `${view} was left`)
  }

  // The surface that was chosen last is shown, though the one before it arrives later.
  await page.goto("about:blank")
  await page.goto(`${base}/#/descent`)
  await page.waitForFunction(() => globalThis.lamina?.ready)
  await page.route("**/api/descent/surface/rosenbrock", async r => {
    await new Promise(done => setTimeout(done, 500))
    await r.continue()
  })
  const late = page.waitForResponse("**/surface/rosenbrock")
  await page.locator(".segmented input[value=rosenbrock]").check()
  await page.locator(".segmented input[value=bowl]").check()
  await late
  await page.waitForTimeout(200)
  assert.match(await page.locator(".formula").textContent(), /^L = ω₀² \+ ω₁²$/)
  assert.ok(await page.locator(".segmented input[value=bowl]").isChecked())

  // A view whose first question is not answered opens as soon as the server is there again.
  await page.route("**/api/inside/networks", r => r.abort())
  await page.goto("about:blank")
  await page.goto(`${base}/#/inside`)
  await page.locator(".problem").waitFor()
  await page.unroute("**/api/inside/networks")
  await page.waitForFunction(() => globalThis.lamina?.ready)
  assert.equal(await page.locator(".problem").isVisible(), false)
}
export const expected = [/ERR_FAILED/]
