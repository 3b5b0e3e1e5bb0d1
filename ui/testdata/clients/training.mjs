// Training: a finished run with its curves, histograms and confusion matrix; a cell opens the pictures behind it; a picture opens Inside.
export const hash = "#/training?run=mnist-002"

export default async function ({ page, look, text, assert }) {
  await page.locator(".confusion").waitFor()
  await page.locator(".layers figure").first().waitFor()
  assert.equal(await page.locator(".layers figure").count(), 4)
  assert.equal(await page.locator(".confusion tbody tr").count(), 10)
  assert.ok((await page.locator(".found > .pictures .sample").count()) > 20)
  await look("finished")
  const cell = page.locator(".confusion tbody tr").nth(4).locator("td").nth(9).locator("button")
  const count = Number(await cell.textContent())
  assert.ok(count > 0)
  await cell.click()
  await page.waitForFunction(n => document.querySelectorAll(".both .sample").length === n, Math.min(count, 60))
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".both img")].slice(0, 3).every(i => i.complete && i.naturalWidth === 28),
  )
  await look("cell")
  // An address of a run that is not there.
  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url.replace("mnist-002", "nothing"))
  await page.locator(".problem").waitFor()
  assert.match(await page.locator(".problem").textContent(), await text("runs.unknown"))
  assert.match(await page.locator(".problem").textContent(), /nothing/)
  await page.locator("#training-run").selectOption("mnist-001")
  await page.locator(".problem").waitFor({ state: "hidden" })
  await page.waitForFunction(() => /run=mnist-001/.test(location.hash))
  await page.locator(".confusion").waitFor()
  await page.locator(".found > .pictures .sample").first().click()
  await page.locator(".view.inside .answer").waitFor()
  assert.match(page.url(), /#\/inside\?network=mnist-001&sample=\d+/)
}
