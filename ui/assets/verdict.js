// The result of a run in the reader's language.
import { t, language } from "./page.js"
import { measureName } from "./measures.js"

const raw = String.raw
const always = raw`(?: \(always “(?<name>.+)”: (?<always>\S+)\))?`
const more = raw`(?<more>(?:, \S+ \S+)*)` // further metrics
const spread = raw`\S+ \S+ ± [^\s,]+`

// FORMS are the lines that the tasks write; the text verdict.NAME translates what is found.
const FORMS = Object.entries({
  correct: raw`(?<right>\d+) of (?<all>\d+) test \S+ correct: (?<percent>[\d.]+%)${always}${more}`,
  rows: raw`(?<target>.+): (?<right>\d+) of (?<all>\d+) \w+ rows right, (?<percent>[\d.]+%)${always}${more}`,
  errors:
    raw`(?<target>.+): root mean squared error (?<rmse>[^\s,]+)(?:, R² (?<r2>\S+))? on (?<all>\S+) \w+ rows? ` +
    raw`\(always the mean: (?<mean>\S+)\)${more}`,
  tokens:
    raw`loss (?<loss>\S+) \(perplexity (?<perplexity>\S+)\) on (?<all>\d+) validation tokens, ` +
    raw`(?<percent>[\d.]+%) predicted right`,
  folds: raw`(?:(?<target>.+): )?(?<list>${spread}(?:, ${spread})*) \(mean ± standard deviation of (?<folds>\d+) folds\)`,
}).map(([name, line]) => [name, new RegExp(`^${line}$`)])

// verdict returns the line that a run's status says of its test, such as "9037 of 10000 test digits correct: 90.37%",
// translated if its form is known. A run of several targets has a part for each.
export const verdict = line => (language() === "zh" ? line.split("; ").map(translated).join("；") : line)

function translated(line) {
  for (const [name, form] of FORMS) {
    const found = line.match(form)?.groups
    if (!found) continue
    const text = t(`verdict.${name}`, { ...found, r2: found.r2 ? `，R² ${found.r2}` : "", list: measures(found.list) })
    const simplest = found.name ? t("verdict.always", { name: found.name, percent: found.always }) : ""
    return (found.target ? `${found.target}：` : "") + text + simplest + measures(found.more)
  }
  return line
}

// measures translates the names in a list such as "accuracy 0.91, f1 0.9".
const measures = (list = "") => list.replace(/([^\s,]+) (?=[\d.−-])/g, (_, name) => `${measureName(name)} `).replaceAll(", ", "，")
