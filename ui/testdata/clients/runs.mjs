// Runs: two runs are compared: their curves on one axis, and the settings in which they differ.
export default async function ({ page, base, lang, look, text, assert }) {
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
  const lines = await page
    .locator(".plot")
    .first()
    .locator(".u-marker")
    .evaluateAll(list => list.slice(1).map(m => getComputedStyle(m).borderTopStyle))
  assert.ok(lines.includes("solid") && lines.includes("dashed"), `the lines in the legend are ${lines}`)
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

  // The results of all tasks are in the reader's language.
  for (const line of [
    "9037 of 10000 test digits correct: 90.37%",
    "18 of 27 test pictures correct: 66.7% (always “A”: 33.3%), f1 0.5556",
    "A: 43 of 50 test rows right, 86.00% (always “B”: 32.00%), average-precision 0.9",
    "A: root mean squared error 2.518, R² 0.900 on 78 test rows (always the mean: 7.973); B: 1 of 2 test rows right, 50.00%",
    "loss 2.4028 (perplexity 11.05) on 11968 validation tokens, 30.2% predicted right",
    "A: accuracy 0.9133 ± 0.061, f1 0.912 ± 0.063 (mean ± standard deviation of 3 folds)",
  ]) {
    const shown = await page.evaluate(async ([at, line]) => (await import(at)).verdict(line), [`${base}/verdict.js`, line])
    if (lang === "en") assert.equal(shown, line)
    else assert.doesNotMatch(shown, /[a-z]{2}|undefined/, `${line}: ${shown}`)
    for (const number of line.match(/\d[\d.]*/g)) assert.ok(shown.includes(number), `${line}: ${shown}`)
  }

  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url)
  await page.waitForFunction(() => document.querySelectorAll(".settings thead th").length === 3)
  assert.equal(await page.locator("#runs-axis").inputValue(), "step")
}
