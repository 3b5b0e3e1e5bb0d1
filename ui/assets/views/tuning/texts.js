// How measures and durations are written.
import { t, n } from "../../page.js"

const NAMED = ["loss", "accuracy"]

// measureText returns a value of a measure, such as "97.12%".
export const measureText = (monitor, value) => (monitor === "accuracy" ? `${n(100 * value, 4)}%` : n(value, 4))

// measureTitle returns the name of a measure, such as "accuracy on the validation data".
export const measureTitle = monitor => {
  if (!monitor) return t("tuning.measure")
  return NAMED.includes(monitor) ? t(`runs.measure.validation_${monitor}`) : monitor
}

export function duration(seconds) {
  const s = Math.round(seconds)
  if (s < 60) return t("training.seconds", { s: seconds < 10 ? n(seconds, 2) : s })
  if (s < 3600) return t("training.minutes", { m: Math.floor(s / 60), s: s % 60 })
  return t("training.hours", { h: Math.floor(s / 3600), m: Math.floor(s / 60) % 60 })
}
