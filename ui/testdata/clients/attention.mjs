// Attention: a token's row is shown when it is pointed at or chosen by keys; another head, another layer, another text.
export const hash = "#/attention?reader=repeat"

export default async function ({ page, narrow, look, text, assert }) {
  await page.locator(".token").nth(19).waitFor()
  await look("first")
  for (const [i, key] of ["attention.hover", "attention.axes"].entries())
    assert.match(await page.locator(".part .hint.number").nth(i).textContent(), await text(key))
  const about = page.locator(".about")
  if (!narrow) {
    await page.locator(".token").nth(12).hover()
    await page.waitForFunction(() => document.querySelectorAll(".token")[12].classList.contains("focus"))
  }
  await page.locator(".token").nth(12).click()
  assert.match(await about.textContent(), await text("attention.looks"))
  assert.match(await about.textContent(), /13/)
  await page.locator("h2").first().click()
  await page.locator("body").press("ArrowRight")
  await page.waitForFunction(() => document.querySelectorAll(".token")[13].classList.contains("focus"))
  await page.locator(".head input").first().check()
  assert.match(page.url(), /head=0/)
  await page.locator("#attention-layer").selectOption("1")
  await page.waitForFunction(() => /layer=1/.test(location.hash))
  await page.locator("#attention-text").fill("abcabc")
  await page.waitForFunction(() => document.querySelectorAll(".token").length === 6)
  assert.equal(await page.locator(".token").count(), 6)
  await look("other")
  await page.locator("#attention-text").fill("")
  await page.getByText(await text("attention.empty")).waitFor()

  // An address of a network that is not there.
  const url = page.url()
  await page.goto("about:blank")
  await page.goto(url.replace("reader=repeat", "reader=nothing"))
  await page.locator(".problem").waitFor()
  assert.match(await page.locator(".problem").textContent(), /nothing/)
  assert.notEqual(await page.locator("#attention-reader").inputValue(), "")

  // A network that reads pictures.
  const folder = await page.locator("#attention-reader option").first().getAttribute("value")
  await page.locator("#attention-reader").selectOption(folder)
  await page.getByText(await text("attention.choose")).waitFor()
  await look("choose")
  await page
    .locator("#attention-file")
    .setInputFiles(new URL("../../../docs/pictures/playground.png", import.meta.url).pathname)
  await page.locator(".picture canvas").waitFor()
  await page.waitForFunction(() => document.querySelectorAll(".head canvas").length === 4)
  assert.match(await about.textContent(), await text("attention.answers"))
  const before = await about.textContent()
  await page.locator(".picture canvas").click({ position: { x: 40, y: 40 } })
  await page.waitForFunction(old => document.querySelector(".about").textContent !== old, before)
  assert.match(await about.textContent(), await text("attention.patch"))
  await page.locator(".picture canvas").press("ArrowDown")
  await page.locator(".head input").nth(2).check()
  await look("picture")
  await page.locator(".picture button").click()
  await page.locator("#attention-reader").selectOption("repeat")
  await page.locator(".token").nth(19).waitFor()
}
