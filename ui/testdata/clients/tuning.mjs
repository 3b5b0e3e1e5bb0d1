// Tuning: the trials of a search in pictures and in the leaderboard; sorting; one trial in all of them; its run opens.
export default async function ({ page, narrow, look, text, assert }) {
  await page.locator(".board tbody tr").nth(8).waitFor()
  assert.equal(await page.locator(".plots svg").count(), 4) // the epochs and three settings
  const command = page.locator(".again code")
  assert.match(await command.textContent(), /^lamina train --config \S+best\.yaml$/)
  const height = await command.locator(".word", { hasText: "--config" }).evaluate(e => e.offsetHeight)
  assert.ok(height < 30, `--config is ${height} pixels high: its line breaks`)
  await look("first")

  const rates = async () => {
    const all = await page.locator(".board tbody tr td:nth-child(6)").allTextContents()
    return all.map(Number)
  }
  await page.locator(".board thead button", { hasText: "optimizer.lr" }).click()
  await page.waitForFunction(() => /sort=optimizer.lr/.test(location.hash))
  const up = await rates()
  assert.deepEqual(
    up,
    up.toSorted((a, b) => a - b),
  )
  await page.locator(".board thead button", { hasText: "optimizer.lr" }).press("Enter")
  await page.locator(".board th[aria-sort=descending]").waitFor()
  assert.deepEqual(await rates(), up.toReversed())
  assert.ok(await page.evaluate(() => document.activeElement.dataset.key === "optimizer.lr"), "the focus was lost")

  await page.locator("h2").first().click()
  await page.locator("body").press("ArrowDown")
  await page.locator("body").press("ArrowDown")
  assert.equal(await page.locator(".board tr.over").count(), 1)
  assert.ok((await page.locator(".plots .over").count()) >= 4)
  const number = await page.locator(".board tbody tr").nth(1).getAttribute("data-trial")
  assert.equal(await page.locator(".board tr.over").getAttribute("data-trial"), number)
  await page.getByLabel(await text("tuning.half")).check()
  await page.waitForFunction(() => /half=1/.test(location.hash))
  assert.ok((await page.locator(".plots svg").nth(1).locator(".trial").count()) <= 5)
  await look("half")

  const best = page.locator(".plots svg").nth(1).locator(".trial.is-best .room")
  if (!narrow) await best.hover()
  else await best.tap()
  const trial = await page.locator(".board tr.best").getAttribute("data-trial")
  assert.equal(await page.locator(".board tr.over").getAttribute("data-trial"), trial)
  if (narrow) await page.locator(".about a").click()
  else await best.click()
  await page.locator(".view.training .confusion").waitFor()
  assert.match(page.url(), new RegExp(`#/training\\?run=tune-mnist(%2F|/)trial-00${trial}`))
  await page.locator(".view.training a", { hasText: "tune-mnist" }).waitFor()
  await look("trial")
  await page.locator(".found > .pictures .sample").first().click()
  await page.locator(".view.inside .answer").waitFor()
  await page.waitForTimeout(1000) // sometimes a Back at once left the driver without answers from the page; the cause is not known
  await page.goBack()
  await page.locator(".view.training a", { hasText: "tune-mnist" }).click()
  await page.locator(".view.tuning .board").waitFor()
}
