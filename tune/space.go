package tune

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Space is what a study searches: its parameters, each with a range.
type Space []Param

// Param is a hyperparameter with its range: the numbers from Low to High, or Choices if that is not empty.
type Param struct {
	Name      string // such as "optimizer.lr"
	Low, High float64
	Int       bool // only whole numbers
	Log       bool // the logarithm is spread evenly, not the number
	Choices   []string

	// If is the name of a parameter with choices, of which IfValue must be the value: otherwise this parameter has no
	// value. It stands before this one in the space. "" means no condition.
	If, IfValue string
}

// Values are the values of a trial by the parameters' names, as texts such as "0.003162": see Float and Int. A number
// has at most four significant digits, unless it is an end of its range or a whole number.
type Values map[string]string

// Float returns the value of a parameter with numbers. It returns an error if the trial has no such parameter, as where
// its condition does not hold, or if the value is a choice that is no number.
func (v Values) Float(name string) (float64, error) {
	text, ok := v[name]
	if !ok {
		return 0, fmt.Errorf("the trial has no value of %s", name)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is %q, which is no number", name, text)
	}
	return x, nil
}

// Int returns the value of a parameter with whole numbers, as Float does.
func (v Values) Int(name string) (int, error) {
	x, err := v.Float(name)
	if err == nil && x != math.Trunc(x) {
		err = fmt.Errorf("%s is %v, which is no whole number", name, x)
	}
	return int(x), err
}

// ParseParam returns the parameter for a range in text form:
//
//	0..0.5                   numbers (a point or an exponent in either end)
//	1..8                     whole numbers
//	log:1e-4..1e-1           numbers on a logarithmic scale; log:16..512 for whole numbers
//	adam,sgd,lion            choices; commas in brackets do not separate, as in [64],[64,64]
//	0..0.99 if optimizer.name=sgd
//	                         a condition on a parameter with choices
func ParseParam(name, text string) (Param, error) {
	p := Param{Name: name}
	if name == "" {
		return p, fmt.Errorf("the range %q has no name; write NAME=RANGE", text)
	}
	fail := func(format string, args ...any) (Param, error) {
		return Param{}, fmt.Errorf("range %q of %s: %s; write LOW..HIGH, log:LOW..HIGH or choices such as adam,sgd",
			text, name, fmt.Sprintf(format, args...))
	}
	ends, condition, found := strings.Cut(text, " if ")
	if found {
		var ok bool
		if p.If, p.IfValue, ok = strings.Cut(strings.TrimSpace(condition), "="); !ok || p.If == "" {
			return fail("%q is no condition NAME=VALUE", condition)
		}
	}
	ends = strings.TrimSpace(ends)
	numbers, log := strings.CutPrefix(ends, "log:")
	low, high, isRange := strings.Cut(numbers, "..")
	if !isRange {
		if log {
			return fail("no \"..\" between two numbers")
		}
		if p.Choices = splitChoices(ends); len(p.Choices) < 2 {
			return fail("one value leaves nothing to search")
		}
		return p, p.check()
	}
	p.Log = log
	p.Int = !strings.ContainsAny(low+high, ".eE")
	var err, err2 error
	p.Low, err = strconv.ParseFloat(strings.TrimSpace(low), 64)
	p.High, err2 = strconv.ParseFloat(strings.TrimSpace(high), 64)
	if err := errors.Join(err, err2); err != nil {
		return fail("%q and %q must be numbers", low, high)
	}
	return p, p.check()
}

// splitChoices splits text at the commas that stand in no brackets.
func splitChoices(text string) (choices []string) {
	depth, start := 0, 0
	for i, r := range text + "," {
		switch {
		case strings.ContainsRune("[{(", r):
			depth++
		case strings.ContainsRune("]})", r):
			depth--
		case r == ',' && (depth == 0 || i == len(text)):
			choices = append(choices, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return choices
}

func (p Param) check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("range %q of %s: %s", p.Range(), p.Name, fmt.Sprintf(format, args...))
	}
	for i, c := range p.Choices {
		if c == "" || slices.Contains(p.Choices[:i], c) {
			return fail("the choices must be different and not empty")
		}
	}
	switch {
	case len(p.Choices) > 0:
	case !(p.Low < p.High) || math.IsInf(p.Low, 0) || math.IsInf(p.High, 0):
		return fail("the first number must be below the second, and both must be finite")
	case p.Log && p.Low <= 0:
		return fail("a logarithmic range begins above 0")
	case p.Int && math.Max(-p.Low, p.High) > 1<<53:
		return fail("whole numbers go up to 2^53")
	}
	return nil
}

// Range returns the range as ParseParam reads it.
func (p Param) Range() string {
	text := strings.Join(p.Choices, ",")
	if len(p.Choices) == 0 {
		low, high := p.number(p.Low), p.number(p.High)
		if !p.Int && !strings.ContainsAny(low+high, ".e") {
			high += ".0" // without it this is a range of whole numbers
		}
		text = low + ".." + high
		if p.Log {
			text = "log:" + text
		}
	}
	if p.If != "" {
		text += " if " + p.If + "=" + p.IfValue
	}
	return text
}

// String returns the name and the range, such as "optimizer.lr=log:0.0001..0.1".
func (p Param) String() string { return p.Name + "=" + p.Range() }

func (p Param) number(v float64) string {
	if p.Int {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Check returns an error if two parameters have one name, or a condition refers to no choice before it.
func (s Space) Check() error {
	if len(s) == 0 {
		return errors.New("no parameter to search")
	}
	for i, p := range s {
		if err := p.check(); err != nil {
			return err
		}
		if s[:i].find(p.Name) >= 0 {
			return fmt.Errorf("two ranges for %s", p.Name)
		}
		if p.If == "" {
			continue
		}
		parent := s[:i].find(p.If)
		if parent < 0 || !slices.Contains(s[parent].Choices, p.IfValue) {
			return fmt.Errorf("range %q of %s: no range before it has the choice %s=%s", p.Range(), p.Name, p.If, p.IfValue)
		}
	}
	return nil
}

// Sorted returns the parameters with each after the one that its condition refers to, else in their order. Those without
// a condition come first. Conditions in a circle stay in their order; Check refuses them.
func (s Space) Sorted() Space {
	var sorted Space
	rest := slices.Clone(s)
	for len(rest) > 0 {
		known, later := slices.Clone(sorted), Space{}
		for _, p := range rest {
			if p.If == "" || known.find(p.If) >= 0 {
				sorted = append(sorted, p)
			} else {
				later = append(later, p)
			}
		}
		if len(later) == len(rest) {
			return append(sorted, later...)
		}
		rest = later
	}
	return sorted
}

func (s Space) find(name string) int {
	return slices.IndexFunc(s, func(p Param) bool { return p.Name == name })
}

// contains returns an error unless v has a value in its range for each parameter whose condition holds, and no other.
func (s Space) contains(v Values) error {
	n := 0
	for _, p := range s {
		text, ok := v[p.Name]
		if ok != p.holds(v) {
			return fmt.Errorf("values %v do not fit the range %s", v, p)
		}
		if !ok {
			continue
		}
		n++
		if x := p.coordinate(text); math.IsNaN(x) || x < p.low()-1e-9 || x > p.high()+1e-9 {
			return fmt.Errorf("%s=%s is not in its range %s", p.Name, text, p.Range())
		}
	}
	if n != len(v) {
		return fmt.Errorf("values %v have parameters that are not searched", v)
	}
	return nil
}

// holds reports whether the parameter has a value if its predecessors have the values v.
func (p Param) holds(v Values) bool {
	if p.If == "" {
		return true
	}
	value, ok := v[p.If]
	return ok && value == p.IfValue
}

// A parameter's values have coordinates in which they are spread evenly from low to high: the number itself, its
// logarithm, or the number of a choice. Whole numbers reach half a unit beyond their ends.

func (p Param) low() float64  { return p.scale(p.Low - p.half()) }
func (p Param) high() float64 { return p.scale(p.end() + p.half()) }

func (p Param) end() float64 {
	if len(p.Choices) > 0 {
		return float64(len(p.Choices) - 1)
	}
	return p.High
}

func (p Param) half() float64 {
	if p.Int {
		return 0.5
	}
	return 0
}

func (p Param) scale(v float64) float64 {
	if p.Log {
		return math.Log(v)
	}
	return v
}

// coordinate returns the coordinate of a value, NaN if it is none.
func (p Param) coordinate(text string) float64 {
	if len(p.Choices) > 0 {
		if i := slices.Index(p.Choices, text); i >= 0 {
			return float64(i)
		}
		return math.NaN()
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return p.scale(v)
}

// value returns the value at a coordinate.
func (p Param) value(x float64) string {
	if len(p.Choices) > 0 {
		return p.Choices[min(max(int(x), 0), len(p.Choices)-1)]
	}
	if p.Log {
		x = math.Exp(x)
	}
	if p.Int {
		x = math.Round(x)
	} else if rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64); err == nil {
		x = rounded
	}
	return p.number(min(max(x, p.Low), p.High))
}

// random returns a coordinate that is spread evenly over the range.
func (p Param) random(r *rand.Rand) float64 {
	if len(p.Choices) > 0 {
		return float64(r.IntN(len(p.Choices)))
	}
	return p.low() + (p.high()-p.low())*r.Float64()
}

// parsePair reads what Param.String returns.
func parsePair(text string) (Param, error) {
	name, ranges, _ := strings.Cut(text, "=")
	return ParseParam(name, ranges)
}
