// The names and the values of measures in the reader's language.
import { t, n, language } from "./page.js"

const NAMED = [
  "loss",
  "accuracy",
  "lr",
  "precision",
  "recall",
  "f1",
  "roc-auc",
  "average-precision",
  "rmse",
  "mae",
  "r2",
]

// measureName returns the name of a column of results.csv, such as "validation accuracy" of validation_accuracy.
export function measureName(column) {
  const [, part, base] = column.match(/^(?:(validation|average)_)?(.*)$/)
  const name = NAMED.includes(base) ? t(`runs.measure.${base}`) : base
  return part ? t(`runs.part.${part}`, { name: within(name) }) : name
}

// within returns a name as it stands within a text: without a capital in English, after a space in Chinese if it is Latin.
function within(name) {
  if (language() === "zh") return /^\w/.test(name) ? ` ${name}` : name
  return /^[A-Z][a-z]/.test(name) ? name[0].toLowerCase() + name.slice(1) : name
}

// measureText returns a value of a measure, such as "97.12%".
export const measureText = (name, value) => (name === "accuracy" ? `${n(100 * value, 4)}%` : n(value, 4))
