import { h, t } from "../page.js"
export function open(root, page) {
  root.append(h("p", { class: "hint" }, t("descent.try")))
}
