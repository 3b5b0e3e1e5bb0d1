// How measures and durations are written.
import { t, n } from "../../page.js"
import { measureName } from "../../measures.js"

// measureTitle returns the name of a measure on the validation data, such as "validation accuracy".
export const measureTitle = monitor => (monitor ? measureName(`validation_${monitor}`) : t("tuning.measure"))

export function duration(seconds) {
  const s = Math.round(seconds)
  if (s < 60) return t("training.seconds", { s: seconds < 10 ? n(seconds, 2) : s })
  if (s < 3600) return t("training.minutes", { m: Math.floor(s / 60), s: s % 60 })
  return t("training.hours", { h: Math.floor(s / 3600), m: Math.floor(s / 60) % 60 })
}
