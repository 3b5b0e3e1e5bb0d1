package optim

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode"
)

// setting replaces a zero by the default and Zero by 0, and panics for a value outside
// [0, limit).
func setting(optimizer, name string, v *float64, byDefault, limit float64) {
	switch *v {
	case 0:
		*v = byDefault
	case Zero:
		*v = 0
	}
	if !(*v >= 0 && *v < limit) {
		bound := "must not be negative"
		if !math.IsInf(limit, 1) {
			bound = fmt.Sprintf("must be at least 0 and less than %g", limit)
		}
		fail(optimizer, fmt.Sprintf("%s is %g; it %s", name, *v, bound))
	}
}

var inf = math.Inf(1)

// rates returns where settings hold the learning rate and the momentum: the field Momentum or Beta1, nil where there is neither.
func rates(c any) (lr, momentum *float64) {
	v := reflect.ValueOf(c).Elem()
	for _, name := range []string{"Beta1", "Momentum"} {
		if f := v.FieldByName(name); f.IsValid() {
			momentum = f.Addr().Interface().(*float64)
		}
	}
	return v.FieldByName("LR").Addr().Interface().(*float64), momentum
}

// eachSetting calls number for each number and flag for each switch in settings, by name in snake case.
func eachSetting(c any, number func(name string, v *float64), flag func(name string, v bool)) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name := snake(v.Type().Field(i).Name)
		switch p := v.Field(i).Addr().Interface().(type) {
		case *float64:
			number(name, p)
		case *bool:
			flag(name, *p)
		}
	}
}

// snake turns a Go name into snake case: "LRDecay" into "lr_decay".
func snake(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// power returns xⁿ for n ≥ 0, rounded once: squaring in twice the precision. math.Pow is off by a few units in the last place,
// which 1 − βᵗ magnifies.
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
	p := float64(a * b) // no compiler may fuse this with what follows
	e := math.FMA(a, b, -p) + (float64(a*db) + float64(da*b))
	hi = p + e
	return hi, e - (hi - p)
}
