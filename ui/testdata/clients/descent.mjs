// Descent: four optimizers walk; the start is dragged and moved by keys; a rate changes a path; the address restores
// it.
export default async function ({ page, theme, narrow, look, text, assert }) {
  const counter = page.locator(".steps output")
  const losses = () => page.locator(".optimizer .loss").allTextContents()
  await page.locator(".ring").waitFor()
  if (theme === "dark") {
    // reduced motion: the whole walk at once
    await page.waitForFunction(() => document.querySelector(".steps output").textContent === "150 / 150")
  } else {
    await page.waitForFunction(() => parseInt(document.querySelector(".steps output").textContent) > 60)
  }
  await look("ravine")

  const before = await losses()
  assert.equal(before.length, 4)
  const box = await page.locator(".picture").boundingBox()
  if (!narrow) {
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.25, { steps: 4 })
    await page.mouse.up()
    assert.match(page.url(), /start=1(%2C|,)1/)
  }
  await page.locator(".ring").focus()
  await page.keyboard.press("Shift+ArrowLeft")
  assert.match(page.url(), narrow ? /start=-2/ : /start=0\.6/)
  const rate = page.locator(".optimizer input[type=range]").first()
  await rate.focus()
  await page.keyboard.press("End") // η = 3.2: SGD leaves the ravine
  await page
    .locator(".optimizer")
    .first()
    .getByText(await text("descent.left"))
    .waitFor()
  assert.match(page.url(), /sgd=3\.2/)

  for (const name of ["bowl", "saddle", "rosenbrock", "network"]) {
    await page.locator(`.segmented input[value=${name}]`).check()
    await page.waitForFunction(n => lamina.view?.name === n && Object.keys(lamina.view.paths).length === 4, name)
    if (theme === "light")
      await page.locator(".steps input").evaluate(e => {
        e.value = e.max
        e.dispatchEvent(new Event("input"))
      })
    await page.waitForTimeout(150)
    if (name === "network" || (theme === "light" && !narrow)) await look(name)
  }
  // Where SGD and RMSProp stay in a local minimum, momentum and Adam arrive.
  const [sgd, momentum, rmsprop, adam] = (await losses()).map(x => Number(x.replace("L = ", "").replace("−", "-")))
  assert.ok(sgd > 1 && rmsprop > 1 && momentum < 0.01 && adam < 0.01, `losses ${[sgd, momentum, rmsprop, adam]}`)
  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url)
  await page.waitForFunction(() => globalThis.lamina?.view?.name === "network")
  assert.equal(await page.locator(".problem").isVisible(), false)
}
