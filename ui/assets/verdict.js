// The result of a run in the reader's language.
import { t, language } from "./page.js"

// verdict returns the line that a run's status says of its test, such as "9037 of 10000 test digits correct: 90.37%",
// translated if its form is known.
export function verdict(line) {
  const [, right, all, percent] = line.match(/^(\d+) of (\d+) test \S+ correct: ([\d.]+%)$/) ?? []
  return right && language() === "zh" ? t("training.correct", { right, all, percent }) : line
}
