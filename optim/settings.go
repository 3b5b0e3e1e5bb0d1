package optim

import (
	"fmt"
	"math"
	"reflect"

	"github.com/lamina-ml/lamina/internal/defaults"
)

// Zero sets a setting to 0 if its zero value means another default: AdamWConfig{WeightDecay: optim.Zero} is AdamW
// without decay.
const Zero = defaults.Zero

// Setting is a setting of an optimizer: a pointer to it, its default and its bounds.
type Setting struct {
	Name    string  // PyTorch's name, such as "weight_decay"; the members of a tuple are "betas.0" and "betas.1"
	Value   any     // a *float64, *int or *bool
	Default float64 // what 0 means; a switch is off by default
	// The value is in [Min, Below). Below = 0 means no upper bound.
	Min, Below float64
	// Inverted means that the switch turns off the named setting: NoNesterov is "nesterov".
	Inverted bool
}

// fill replaces 0 by the default, and Zero by 0.
func (s *Setting) fill() {
	switch v := s.Value.(type) {
	case *float64:
		*v = defaults.Float(*v, s.Default)
	case *int:
		if *v == 0 || s.Min <= 0 {
			*v = defaults.Int(*v, int(s.Default))
		}
	case *bool:
	default:
		fail(s.Name, fmt.Sprintf("the setting's Value is a %T; it must be a *float64, *int or *bool", s.Value))
	}
}

// number returns the value as a number; a switch is 0 or 1.
func (s *Setting) number() float64 {
	switch v := s.Value.(type) {
	case *float64:
		return *v
	case *int:
		return float64(*v)
	case *bool:
		if *v != s.Inverted {
			return 1
		}
	}
	return 0
}

// problem returns what is wrong with the value, "" if it is valid. Name is the setting's name in the text.
func (s *Setting) problem(name string) string {
	v := s.number()
	switch {
	case s.Below != 0 && !(v >= s.Min && v < s.Below):
		return fmt.Sprintf("%s is %g; it must be at least %g and less than %g", name, v, s.Min, s.Below)
	case math.IsNaN(v):
		return name + " is not a number"
	case v < s.Min && s.Min == 0:
		return fmt.Sprintf("%s is %g; it must not be negative", name, v)
	case v < s.Min:
		return fmt.Sprintf("%s is %g; it must be at least %g", name, v, s.Min)
	}
	return ""
}

// fieldName returns the name of the field that v points to, in the struct that c points to.
func fieldName(c, v any) string {
	if p := reflect.ValueOf(c); p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.Struct {
		for i := range p.Elem().NumField() {
			f := p.Elem().Field(i)
			if t := p.Elem().Type().Field(i); t.IsExported() && f.Addr().Interface() == v {
				return t.Name
			}
		}
	}
	return "a setting"
}

// powers caches the powers of the last step: all parameters of a group need the same ones.
type powers struct {
	entries [2]struct {
		x, power float64
		n        int
	}
	next int
}

// Power returns x to the power of s.Count, rounded once, as in Adam's bias correction 1 − βᵗ.
func (s *Step) Power(x float64) float64 {
	if s.powers == nil { // a Step that a test made
		return power(x, s.Count)
	}
	for i := range s.powers.entries {
		if e := &s.powers.entries[i]; e.x == x && e.n == s.Count {
			return e.power
		}
	}
	e := &s.powers.entries[s.powers.next]
	s.powers.next = (s.powers.next + 1) % len(s.powers.entries)
	e.x, e.n, e.power = x, s.Count, power(x, s.Count)
	return e.power
}

// power returns xⁿ for n ≥ 0, rounded once: squaring in twice the precision. math.Pow is off by a few units in the last
// place, which 1 − βᵗ magnifies.
func power(x float64, n int) float64 {
	hi, lo := 1.0, 0.0
	for sq, err := x, 0.0; n > 0; n >>= 1 {
		if n&1 == 1 {
			hi, lo = mul2(hi, lo, sq, err)
		}
		sq, err = mul2(sq, err, sq, err)
	}
	return hi
}

// mul2 multiplies two numbers of twice the precision, each the sum of a large and a small part.
func mul2(a, da, b, db float64) (hi, lo float64) {
	p := float64(a * b) // the conversion forbids the compiler to fuse the product with a sum
	e := math.FMA(a, b, -p) + (float64(a*db) + float64(da*b))
	hi = p + e
	return hi, e - (hi - p)
}
