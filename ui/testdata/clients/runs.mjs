// Runs: two runs are compared: their curves on one axis, and the settings in which they differ.
export default async function ({ page, look, text, assert }) {
  await page.locator(".card").nth(1).waitFor()
  assert.equal(await page.locator(".card").count(), 2)
  await page.locator(".plot canvas").first().waitFor()
  await look("first")
  for (const name of ["mnist-001", "mnist-002"]) await page.locator(".card", { hasText: name }).locator("input").check()
  await page.waitForFunction(() => document.querySelectorAll(".settings thead th").length === 3)
  assert.match(page.url(), /runs=mnist-002(%2C|,)mnist-001/)
  const rows = await page.locator(".settings tbody tr").allTextContents()
  assert.ok(
    rows.some(r => r.startsWith("model.hidden") && r.includes("[16]") && r.includes("[24]")),
    rows.join("\n"),
  )
  assert.ok(!rows.some(r => r.startsWith("optimizer.lr")), "a setting that does not differ is shown")
  const label = await page.locator(".plot [role=img]").first().getAttribute("aria-label")
  assert.ok(label.includes("mnist-001") && label.includes("mnist-002"), label)
  await look("two")

  await page.locator("#runs-axis").selectOption("step")
  await page.getByLabel(await text("runs.log")).check()
  await page.locator("#runs-smooth").fill("0.8")
  await page.waitForFunction(
    () => /x=step/.test(location.hash) && /log=1/.test(location.hash) && /smooth=0.8/.test(location.hash),
  )
  await look("steps")
  await page.getByLabel(await text("runs.only")).uncheck()
  await page.waitForFunction(() => document.querySelectorAll(".settings tbody tr").length > 10)
  assert.ok((await page.locator(".settings tr.differs").count()) >= 2)
  await look("settings")

  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url)
  await page.waitForFunction(() => document.querySelectorAll(".settings thead th").length === 3)
  assert.equal(await page.locator("#runs-axis").inputValue(), "step")
}
