package tabular

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/readable"
)

// encoder writes the prepared rows of one table.
type encoder struct {
	columns []encoded
	stride  int // numbers in a prepared row: features, codes, targets
	targets int // the position of the first target
}

// encoded is a column that an encoder writes.
type encoded struct {
	*ColumnPreparation
	column int // in the table
	at     int // in the prepared row: of the first numeric feature, the code or the target
	target bool
}

// Check returns an error if src lacks a column that p needs; with targets the targets are needed, too. It also returns
// the names of src's columns that p does not know.
func (p *Preparation) Check(src Source, targets bool) (unknown []string, err error) {
	names := src.Columns()
	known := map[string]bool{}
	for _, c := range slices.Concat(p.Columns, p.Targets) {
		known[c.Name] = true
	}
	for _, name := range names {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	need := p.Columns
	if targets {
		need = slices.Concat(p.Columns, p.Targets)
	}
	for _, c := range need {
		if c.Kind != Drop && !slices.Contains(names, c.Name) {
			return unknown, &Error{File: src.Name(), Column: c.Name, Msg: "the column is missing" + choices(c.Name, names)}
		}
	}
	return unknown, nil
}

func (p *Preparation) encoder(src Source, targets bool) (*encoder, error) {
	if _, err := p.Check(src, targets); err != nil {
		return nil, err
	}
	e := &encoder{targets: p.Width()}
	e.stride = e.targets
	number, code := 0, p.Numeric()
	add := func(c *ColumnPreparation, at int, target bool) {
		if c.index == nil && c.Kind == Category {
			fail("Preparation.Load", "the preparation was neither made by Fit nor read from JSON")
		}
		e.columns = append(e.columns, encoded{c, slices.Index(src.Columns(), c.Name), at, target})
	}
	for _, c := range p.Columns {
		switch {
		case c.codes() > 0:
			add(c, code, false)
			code++
		case c.numbers() > 0:
			add(c, number, false)
			number += c.numbers()
		}
	}
	if targets {
		for _, c := range p.Targets {
			add(c, e.stride, true)
			e.stride++
		}
	}
	return e, nil
}

// noTarget marks the target of a row whose value is missing.
var noTarget = float32(math.NaN())

// encode sets rows to all rows of b. A row of which a target is missing has NaN there.
func (e *encoder) encode(b *Block, rows *[]float32) error {
	n := b.Rows * e.stride
	*rows = slices.Grow((*rows)[:0], n)[:n]
	clear(*rows)
	for i := range e.columns {
		if err := e.columns[i].encode(b, *rows, e.stride); err != nil {
			return err
		}
	}
	return nil
}

func (c *encoded) encode(b *Block, rows []float32, stride int) error {
	if c.Kind == Number && (c.Scaling == Standard || c.Scaling == NoScaling) {
		return c.encodeNumbers(b, rows, stride)
	}
	for r := range b.Rows {
		if err := c.encodeCell(b, r, rows, stride); err != nil {
			return err
		}
	}
	return nil
}

// encodeNumbers is encode for numbers whose scaling is linear.
func (c *encoded) encodeNumbers(b *Block, rows []float32, stride int) error {
	mean, std := c.Mean, c.Std
	if c.Scaling == NoScaling {
		mean, std = 0, 1
	}
	values, others := b.numbers(c.column, c.Layout)
	for r, v := range values {
		scaled := (v - mean) / std
		if math.Abs(scaled) > math.MaxFloat32 {
			return &Error{Row: r + 1, Column: c.Name, Msg: tooFar(v, scaled)}
		}
		rows[r*stride+c.at] = float32(scaled)
	}
	for _, r := range others {
		rows[r*stride+c.at] = 0
		if err := c.encodeCell(b, r, rows, stride); err != nil {
			return err
		}
	}
	return nil
}

func (c *encoded) encodeCell(b *Block, row int, rows []float32, stride int) error {
	if err := c.cell(b.Cell(row, c.column), rows[row*stride+c.at:]); err != nil {
		return &Error{Row: row + 1, Column: c.Name, Msg: err.Error()}
	}
	return nil
}

// missing reports whether a cell of the column is missing.
func (c *ColumnPreparation) missing(cell []byte) bool {
	return isMissingIn(c.Kind, c.MissingWords, cell)
}

// cell writes the features of a cell to dst, which holds zeros.
func (c *encoded) cell(cell []byte, dst []float32) error {
	missing := c.missing(cell)
	if c.target && missing {
		dst[0] = noTarget
		return nil
	}
	switch c.Kind {
	case Category:
		return c.category(cell, missing, dst)
	case Text:
		if !missing {
			bagOfWords(cell, dst[:c.Buckets])
		}
		return nil
	}
	v := c.Fill
	if missing {
		if c.HasMissing {
			dst[c.numbers()-1] = 1
		}
	} else {
		var err error
		if v, err = valueOf(c.Kind, c.Layout, cell); err != nil {
			return err
		}
	}
	switch {
	case c.Kind == Boolean:
		dst[0] = float32(v)
	case c.Kind == Time:
		dst[0] = float32((v - c.Mean) / c.Std)
		if !missing {
			clockFeatures(time.Unix(int64(math.Floor(v)), 0).UTC(), hasClock(c.Layout), dst[1:])
		}
	default:
		scaled := c.scale(v)
		if math.Abs(scaled) > math.MaxFloat32 {
			return errors.New(tooFar(v, scaled))
		}
		dst[0] = float32(scaled)
	}
	return nil
}

func tooFar(v, scaled float64) string {
	return fmt.Sprintf("%g is too far from the training rows: scaled it is %.4g, and float32 ends at %.4g", v, scaled, math.MaxFloat32)
}

// scale returns a number, scaled.
func (c *ColumnPreparation) scale(v float64) float64 {
	switch c.Scaling {
	case QuantileUniform:
		return uniform(c.Quantiles, v)
	case QuantileNormal:
		return normal(uniform(c.Quantiles, v))
	case NoScaling:
		return v
	}
	return (v - c.Mean) / c.Std
}

// boolean returns the index of the value that says the same truth as cell, for a column whose two values are words for true
// and false. Programs write them differently: True, true, TRUE.
func (c *ColumnPreparation) boolean(cell []byte) (i int, ok bool) {
	v, ok := parseBoolean(cell)
	if !ok || len(c.Values) != 2 {
		return 0, false
	}
	first, ok1 := parseBoolean([]byte(c.Values[0]))
	second, ok2 := parseBoolean([]byte(c.Values[1]))
	if !ok1 || !ok2 || first == second {
		return 0, false
	}
	if v == first {
		return 0, true
	}
	return 1, true
}

// sameNumber returns the index of the value that is the same number as cell: spreadsheets write the code 01 as 1.
func (c *ColumnPreparation) sameNumber(cell []byte) (i int, ok bool) {
	v, ok := parseNumber(cell)
	if !ok {
		return 0, false
	}
	i = slices.IndexFunc(c.Values, func(s string) bool {
		w, ok := parseNumber([]byte(s))
		return ok && w == v
	})
	return i, i >= 0
}

// category writes the one-hot features, the code, or the class of a target.
func (c *encoded) category(cell []byte, missing bool, dst []float32) error {
	var text [32]byte
	value := cell
	if missing {
		value = nil
	} else if c.Numeric {
		if v, ok := parseNumber(cell); ok {
			value = appendNumber(text[:0], v)
		}
	}
	i, known := c.index[string(value)]
	if !known && !utf8.Valid(value) {
		i, known = c.index[validUTF8(value)]
	}
	if !known {
		i, known = c.boolean(value)
	}
	if !known && c.target {
		i, known = c.sameNumber(value)
	}
	switch {
	case c.target && !known:
		return fmt.Errorf("the class %q did not occur in the training rows, whose classes are %s", example(cell),
			list(c.Values[:min(len(c.Values), 20)]))
	case c.target:
		dst[0] = float32(i)
	case !known:
	case c.Encoding == OneHot:
		dst[i] = 1
	default:
		dst[0] = float32(1 + i)
	}
	return nil
}

// clockFeatures writes sine and cosine of the time of the year, of the week and, if clock, of the day.
func clockFeatures(t time.Time, clock bool, dst []float32) {
	day := float64(t.Hour())/24 + float64(t.Minute())/1440 + float64(t.Second())/86400
	period := func(x float64) {
		sin, cos := math.Sincos(2 * math.Pi * x)
		dst[0], dst[1] = float32(sin), float32(cos)
		dst = dst[2:]
	}
	period((float64(t.YearDay()-1) + day) / 365.25)
	period((float64(t.Weekday()) + day) / 7)
	if clock {
		period(day)
	}
}

// bagOfWords adds 1 or −1 to an element of dst for each word of text, by the word's hash, and scales dst to the
// Euclidean length 1. Words are runs of letters and digits, in lower case, and each pair of neighbouring characters in
// a script without spaces between words, such as Chinese. The signs make collisions cancel on average, as in
// scikit-learn's HashingVectorizer.
//
// Source: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
func bagOfWords(text []byte, dst []float32) {
	var word [64]byte
	w := word[:0]
	run := 0 // how many of the last characters are of a script without spaces
	add := func() {
		h := hash(w)
		sign := float32(1)
		if h>>63 != 0 {
			sign = -1
		}
		dst[h%uint64(len(dst))] += sign
	}
	end := func() {
		if len(w) > 0 && run <= 1 { // the characters of a longer run are in pairs
			add()
		}
		w, run = w[:0], 0
	}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		unspaced := readable.Unspaced(r)
		if inWord := unspaced || unicode.IsLetter(r) || unicode.IsDigit(r); !inWord || unspaced != (run > 0) {
			end()
			if !inWord {
				continue
			}
		}
		if unspaced {
			last := len(w)
			w = utf8.AppendRune(w, r)
			if run++; run > 1 {
				add()
				w = append(w[:0], w[last:]...)
			}
			continue
		}
		if r = unicode.ToLower(r); len(w)+utf8.RuneLen(r) <= len(word) {
			w = utf8.AppendRune(w, r)
		}
	}
	end()
	sum := 0.0
	for _, v := range dst {
		sum += float64(v) * float64(v)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range dst {
		dst[i] *= scale
	}
}
