package tabular

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/internal/spelling"
)

// Warning says what looks wrong in a table.
type Warning struct {
	Column string // empty if it concerns the whole table
	Msg    string
	Note   bool // a training takes care of it, or it changes little
}

// String returns a line such as `city: "rome" (3 rows) looks like "Rome" (120)`.
func (w Warning) String() string {
	if w.Column == "" {
		return w.Msg
	}
	return readable.Name(w.Column) + ": " + w.Msg
}

// Lint reads src once more and returns what looks wrong: columns that say nothing, words among numbers, numbers that are
// too large, many missing values, rare classes, values that differ by a typing error, columns that give a target away,
// columns that are dropped and predict a target, codes that are read as numbers, marks of missing values, bytes that are no
// UTF-8, equal rows. The targets may be none.
func Lint(ctx context.Context, src Source, p *Profile, targets []string) ([]Warning, error) {
	var warnings []Warning
	for i := range p.Columns {
		warnings = append(warnings, p.Columns[i].lint(p.Rows, slices.Contains(targets, p.Columns[i].Name))...)
	}
	s, err := sampleOf(ctx, src, p)
	if err != nil {
		return nil, err
	}
	names := src.Columns()
	for c := range s.codes {
		warnings = append(warnings, s.codes[c].warnings(&p.Columns[c], slices.Contains(targets, names[c]))...)
	}
	for c, name := range names {
		if msg := s.sentinel(c, &p.Columns[c]); msg != "" {
			warnings = append(warnings, Warning{Column: name, Msg: msg})
		}
	}
	for c, m := range s.mixed {
		if msg := m.warning(&p.Columns[c], p.Rows, slices.Contains(targets, names[c])); msg != "" {
			warnings = append(warnings, Warning{Column: names[c], Msg: msg})
		}
	}
	for t, target := range names {
		if !slices.Contains(targets, target) {
			continue
		}
		for c, name := range names {
			switch dropped := p.Columns[c].Kind == Drop; {
			case slices.Contains(targets, name):
			case dropped:
				if r := s.correlation(c, t); math.Abs(r) > 0.5 {
					warnings = append(warnings,
						Warning{Column: name,
							Msg: fmt.Sprintf("it is dropped, and its correlation with the target %s is %.2f: is it a quantity?", readable.Name(target), r)})
				}
			default:
				if msg := s.givesAway(c, t); msg != "" {
					warnings = append(warnings,
						Warning{Column: name,
							Msg: fmt.Sprintf("it %s the target %s: is it known before the prediction?", msg, readable.Name(target))})
				}
			}
		}
	}
	if s.equal > 0 {
		are := "are"
		if s.equal == 1 {
			are = "is"
		}
		warnings = append(warnings,
			Warning{Msg: fmt.Sprintf("%d of %s %s equal to an earlier one: training and test may share them", s.equal,
				plural(p.Rows, "row"), are),
				Note: 20*s.equal <= p.Rows})
	}
	return warnings, nil
}

// lint returns what the description of a column shows.
func (c *ColumnProfile) lint(rows int, target bool) (warnings []Warning) {
	warn := func(format string, args ...any) {
		warnings = append(warnings, Warning{Column: c.Name, Msg: fmt.Sprintf(format, args...)})
	}
	if c.Kind == Drop && !target {
		warn("%s; it is dropped", c.Reason)
		warnings[0].Note = c.Missing < rows
		return warnings
	}
	if order := c.AmbiguousDates(); order != "" {
		warn("dates such as %s are %s: say which it is with data.dates", list(c.Examples[:1]), order)
	}
	if c.NoNumbers != nil {
		warn("%s among numbers; they count as missing", list(c.NoNumbers))
	}
	if target && c.Missing > 0 {
		warn("the target is missing in %s, which are left out", plural(c.Missing, "row"))
	} else if 2*c.Missing > rows {
		warn("%d of %d values are missing", c.Missing, rows)
	}
	numeric := c.numeric(rows)
	if target && c.Values != nil && len(c.Values) > 1 && (!numeric || c.Distinct <= MaxClasses) {
		const few = 5
		most, least := c.Values[0], c.Values[len(c.Values)-1]
		if least.Count < few {
			warn("the class %s has %s", quoted(least.Value), plural(least.Count, "row"))
		}
		if most.Count > 20*least.Count {
			warn("the class %s is %d times as frequent as %s: see data.balanced", quoted(most.Value),
				most.Count/least.Count, quoted(least.Value))
		}
	}
	if !numeric && (c.Kind == Category || target) {
		for _, pair := range c.alike() {
			warn("%s (%s) looks like %s (%d)", quoted(pair[1].Value), plural(pair[1].Count, "row"), quoted(pair[0].Value), pair[0].Count)
		}
	}
	return warnings
}

// alike returns pairs of values that are equal but for case, spaces and punctuation, or of which the second one is rare
// and differs by one letter. The first of each pair is the more frequent one.
func (c *ColumnProfile) alike() (pairs [][2]ValueCount) {
	const most, shortest, rare = 200, 5, 20
	if len(c.Values) > most {
		return nil
	}
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '+' || r == '-' || r == '<' || r == '>' {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	words := make([]string, len(c.Values))
	for i, v := range c.Values {
		words[i] = plain(v.Value)
	}
	for i, a := range c.Values {
		for j := i + 1; j < len(c.Values); j++ {
			b, x, y := c.Values[j], words[i], words[j]
			switch {
			case x == "" || y == "":
			case x == y:
				pairs = append(pairs, [2]ValueCount{a, b})
			case len(x) >= shortest && len(y) >= shortest && a.Count >= rare*b.Count && !strings.ContainsFunc(x+y,
				unicode.IsDigit) && spelling.Distance(x, y) == 1:
				pairs = append(pairs, [2]ValueCount{a, b})
			}
		}
	}
	return pairs
}

// tableSample is some random rows of a table, the number of rows that repeat earlier ones, and the words among numbers.
type tableSample struct {
	limit uint64 // rows whose hash is from here on are not in it; 0 means no limit
	rows  []sampledRow
	equal int
	mixed []mixed // one for each column
	codes []codes // one for each column
}

// mixed describes the cells of a column with numbers that are no numbers.
type mixed struct {
	words           int    // their number
	word, huge      string // the first one, and the first one that is a number beyond float64's range
	wordRow, atHuge int    // their rows, counted from 1
}

// add adds a cell that is neither a number nor missing.
func (m *mixed) add(row int, cell []byte) {
	if m.words++; m.words == 1 {
		m.word, m.wordRow = example(cell), row
	}
	if m.huge == "" && isHuge(cell) {
		m.huge, m.atHuge = example(cell), row
	}
}

// isHuge reports whether a cell is a number beyond float64's range, or a word for an infinity.
func isHuge(cell []byte) bool {
	const longest = 1 << 10
	b := trim(cell)
	if len(b) > longest {
		return false
	}
	v, _ := strconv.ParseFloat(string(b), 64) // with an error too, the result is infinite if the number is too large
	return math.IsInf(v, 0)
}

// merge adds the cells of later rows.
func (m *mixed) merge(o mixed) {
	if m.words == 0 {
		m.word, m.wordRow = o.word, o.wordRow
	}
	if m.huge == "" {
		m.huge, m.atHuge = o.huge, o.atHuge
	}
	m.words += o.words
}

// warning says what the words among a column's numbers do, "" if there is nothing to say.
func (m *mixed) warning(c *ColumnProfile, rows int, target bool) string {
	counted := "the column counts as a " + c.Kind.String()
	switch {
	case c.Kind == Drop && !target || c.Kind == Boolean:
		return ""
	case c.NoNumbers != nil:
		counted = "it counts as missing"
	case target && !c.numeric(rows):
		counted = "the target counts as classes"
	}
	switch {
	case m.huge != "":
		return fmt.Sprintf("row %d has %s, which is beyond the range of numbers (±1.8e308): %s", m.atHuge, quoted(m.huge), counted)
	case m.words > 0 && c.NoNumbers == nil && 2*c.Numbers >= c.present(rows): // lint names the words in NoNumbers
		return fmt.Sprintf("%d of %d values are no numbers, such as %s in row %d: %s", m.words, c.present(rows),
			quoted(m.word), m.wordRow, counted)
	}
	return ""
}

type sampledRow struct {
	hash  uint64
	cells []string
}

const (
	lintRows   = 2000
	lintHashes = 1 << 20
	lintCell   = 64 // bytes of a cell that count
)

// sampleOf reads src. Rows are chosen by a hash of their number; equal rows are found by a hash of their cells, of which
// the smallest are kept, so that their number is an estimate in large tables.
func sampleOf(ctx context.Context, src Source, p *Profile) (*tableSample, error) {
	columns := len(src.Columns())
	s := &tableSample{mixed: make([]mixed, columns), codes: make([]codes, columns)}
	seen := map[uint64]int{}
	seenLimit := uint64(math.MaxUint64)
	type state struct {
		hashes []uint64
		mixed  []mixed
		codes  []codes
	}
	work := func(b *Block, s *state) error {
		s.hashes, s.mixed, s.codes = s.hashes[:0], make([]mixed, columns), make([]codes, columns)
		for r := range b.Rows {
			h := uint64(0)
			for c := range columns {
				cell := b.Cell(r, c)
				h = mix(h ^ hash(cell))
				s.codes[c].add(b.First+r+1, cell)
				if n := p.Columns[c].Numbers; n > 0 && n < p.Columns[c].present(p.Rows) {
					if _, ok := parseNumber(cell); !ok && !isMissing(cell) {
						s.mixed[c].add(b.First+r+1, cell)
					}
				}
			}
			s.hashes = append(s.hashes, h)
		}
		return nil
	}
	merge := func(b *Block, o *state) error {
		for c := range o.mixed {
			s.mixed[c].merge(o.mixed[c])
			s.codes[c].merge(o.codes[c])
		}
		for r, h := range o.hashes {
			if h <= seenLimit {
				seen[h]++
			}
			if len(seen) > lintHashes {
				seenLimit /= 2
				for k := range seen {
					if k > seenLimit {
						delete(seen, k)
					}
				}
			}
			if h := mix(uint64(b.First+r) + 1); s.limit == 0 || h < s.limit {
				row := sampledRow{hash: h, cells: make([]string, columns)}
				for c := range row.cells {
					cell := trim(b.Cell(r, c))
					row.cells[c] = string(cell[:min(len(cell), lintCell)])
				}
				if s.rows = append(s.rows, row); len(s.rows) >= 2*lintRows {
					s.compact()
				}
			}
		}
		return nil
	}
	if err := scan(ctx, src, work, merge); err != nil {
		return nil, err
	}
	s.compact()
	equal := 0
	for _, n := range seen {
		equal += n - 1
	}
	s.equal = int(float64(equal) * (math.MaxUint64 / float64(seenLimit)))
	return s, nil
}

func (s *tableSample) compact() {
	if len(s.rows) <= lintRows {
		return
	}
	slices.SortFunc(s.rows, func(a, b sampledRow) int { return cmp.Compare(a.hash, b.hash) })
	s.limit = s.rows[lintRows].hash
	s.rows = s.rows[:lintRows]
}

// givesAway says how column c determines column t in the sample: as a copy with other words, or as a linear function.
// It returns "" if it does not.
func (s *tableSample) givesAway(c, t int) string {
	forth, back := map[string]string{}, map[string]string{}
	oneToOne := true
	var x, y []float64
	n := 0
	for _, r := range s.rows {
		a, b := r.cells[c], r.cells[t]
		if isMissing([]byte(a)) || isMissing([]byte(b)) {
			continue
		}
		n++
		if v, ok := forth[a]; ok && v != b {
			oneToOne = false
		}
		if v, ok := back[b]; ok && v != a {
			oneToOne = false
		}
		forth[a], back[b] = b, a
		u, ok1 := parseNumber([]byte(a))
		v, ok2 := parseNumber([]byte(b))
		if ok1 && ok2 {
			x, y = append(x, u), append(y, v)
		}
	}
	const few = 20
	if n < few {
		return ""
	}
	if oneToOne && len(forth) > 1 && 4*len(forth) <= n {
		return "has one value for each value of"
	}
	if 20*len(x) >= 19*n && math.Abs(correlation(x, y)) > 0.9999 {
		return "is a linear function of"
	}
	return ""
}

// correlation returns Pearson's correlation of columns c and t in the sample, 0 if there are few rows with two numbers.
func (s *tableSample) correlation(c, t int) float64 {
	const few = 20
	var x, y []float64
	for _, r := range s.rows {
		u, ok1 := parseNumber([]byte(r.cells[c]))
		v, ok2 := parseNumber([]byte(r.cells[t]))
		if ok1 && ok2 {
			x, y = append(x, u), append(y, v)
		}
	}
	if len(x) < max(few, (len(s.rows)+1)/2) {
		return 0
	}
	return correlation(x, y)
}

// correlation returns Pearson's correlation, 0 if a variance is 0.
func correlation(x, y []float64) float64 {
	var mx, my moments
	mx.of(x)
	my.of(y)
	sum := 0.0
	for i := range x {
		sum += (x[i] - mx.mean) * (y[i] - my.mean)
	}
	if mx.m2 == 0 || my.m2 == 0 {
		return 0
	}
	return sum / math.Sqrt(mx.m2*my.m2)
}
