// The shell: navigation, language, theme, shortcuts, an address of no view, a server that does not answer.
export const hash = "#/nowhere?x=1"

export default async function ({ page, base, lang, theme, look, text, assert }) {
  const title = async key => assert.match(await page.title(), await text(key))
  const first = await page.locator("nav a").first().getAttribute("href")
  assert.equal(
    await page.locator("nav a[aria-current]").getAttribute("href"),
    first,
    "an address of no view opens the first",
  )

  await page.locator('nav a[href="#/descent"]').click()
  await page.locator(".view.descent").waitFor()
  await title("descent.title")
  assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-Hans" : "en")
  const inView = await page
    .locator("nav a[aria-current]")
    .evaluate(a => a.getBoundingClientRect().right <= innerWidth && a.getBoundingClientRect().left >= 0)
  assert.ok(inView, "the open view's link is outside of the window")

  // The other language and theme, and back; the page remembers them.
  const other = lang === "zh" ? "en" : "zh-Hans"
  await page.locator("header.top button").nth(0).click()
  assert.equal(await page.locator("html").getAttribute("lang"), other)
  await page.locator("header.top button").nth(1).click()
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const changed = await background()
  assert.equal(changed === "rgb(251, 250, 248)", theme === "dark")
  await page.reload()
  await page.locator(".view.descent").waitFor()
  assert.equal(await page.locator("html").getAttribute("lang"), other)
  assert.equal(await background(), changed)
  await page.locator("header.top button").nth(0).click()
  await page.locator("header.top button").nth(1).click()
  assert.notEqual(await background(), changed)

  // Shortcuts, by keyboard alone.
  await page.locator(".view.descent .ring").waitFor()
  await page.locator("body").press("?")
  await page.locator("dialog[open]").waitFor()
  assert.match(await page.locator("dialog").textContent(), await text("descent.playKey"))
  await look("help")
  // The keys can be turned off.
  await page.locator("dialog input").uncheck()
  await page.keyboard.press("Escape")
  assert.equal(await page.locator("dialog[open]").count(), 0)
  await page.locator("body").press("?")
  assert.equal(await page.locator("dialog[open]").count(), 0)
  await page.locator("header.top button").last().click()
  await page.locator("dialog input").check()
  await page.keyboard.press("Escape")

  // At a tablet's width the header's buttons do not break.
  const size = page.viewportSize()
  await page.setViewportSize({ width: 768, height: size.height })
  const heights = await page.locator("header.top button").evaluateAll(l => l.map(b => b.offsetHeight))
  assert.ok(Math.max(...heights) <= 40, `the buttons of the header are ${heights} pixels high`)
  await look("tablet")
  await page.setViewportSize(size)

  // The skip link is the first stop of the keyboard.
  await page.goto("about:blank")
  await page.goto(`${base}/#/descent`)
  await page.locator(".view.descent .ring").waitFor()
  await page.keyboard.press("Tab")
  assert.match(await page.locator(":focus").textContent(), await text("shell.skip"))
  await page.keyboard.press("Enter")
  assert.equal(await page.locator(":focus").getAttribute("id"), "main")

  // A view whose module cannot be loaded opens as soon as the server is there again.
  await page.route("**/views/playground.js", r => r.abort())
  await page.locator('nav a[href="#/playground"]').click()
  await page.locator(".problem").waitFor()
  assert.match(await page.locator(".problem").textContent(), await text("shell.gone"))
  await page.unroute("**/views/playground.js")
  await page.locator(".view.playground canvas").first().waitFor()
  assert.equal(await page.locator(".problem").isVisible(), false)
  await page.locator('nav a[href="#/descent"]').click()
  await page.locator(".view.descent .ring").waitFor()

  // A server that does not answer, and one that refuses.
  await page.route("**/api/descent/walk", r =>
    r.fulfill({
      status: 400,
      contentType: "application/json",
      body: JSON.stringify({ key: "descent.steps", values: { limit: 7 } }),
    }),
  )
  await page.locator(".segmented input[value=bowl]").check()
  await page.locator(".problem").waitFor()
  assert.match(await page.locator(".problem").textContent(), await text("descent.steps"))
  assert.match(await page.locator(".problem").textContent(), /7/)
  await look("refused")
  await page.unroute("**/api/descent/walk")
  await page.locator(".segmented input[value=saddle]").check()
  await page.locator(".problem").waitFor({ state: "hidden" })
}
export const expected = [/status of 400/, /ERR_FAILED/]
