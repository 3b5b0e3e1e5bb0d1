package tabular

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// checkNumber compares parseNumber with strconv.ParseFloat bit for bit.
func checkNumber(t *testing.T, s string) {
	t.Helper()
	got, ok := parseNumber([]byte(s))
	want, err := strconv.ParseFloat(s, 64)
	if !ok {
		if err == nil {
			t.Errorf("parseNumber(%q) is no number, want %v", s, want)
		}
		return
	}
	if err != nil || math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("parseNumber(%q) = %v, strconv says %v, %v", s, got, want, err)
	}
}

func TestParseNumber(t *testing.T) {
	for _, s := range []string{"0", "-0", "+1", "1.", ".5", "-.5e3", "12345678", "123456789012345678",
		"9007199254740993", "9007199254740992.5",
		"1e22", "1e23", "8.5e22", "123456789012345678901234567890", "0.1", "1e-64", "1e64", "1e-65", "1e308", "5e-324",
		"1.7976931348623157e308",
		"2.2250738585072014e-308", "0.000000000000000000000000000001", "12345678.12345678", "3.14159265358979323846", "1e-400", "0e400",
		"18446744073709551615", "9999999999999999999", "00000000000000000000012", "1.00000000000000011102230246251565"} {
		checkNumber(t, s)
	}
	for _, s := range []string{"", "-", "+", ".", "e5", "1e", "1e+", "1 2", "0x1p3", "1_000", "inf", "NaN", "1.2.3",
		"--1", "1e5.0", "12a", "1e400"} {
		if v, ok := parseNumber([]byte(s)); ok {
			t.Errorf("parseNumber(%q) = %v, want no number", s, v)
		}
	}
	if v, ok := parseNumber([]byte(" \t-2.5 ")); !ok || v != -2.5 {
		t.Errorf("with spaces: %v, %v", v, ok)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		v := math.Float64frombits(r.Uint64())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		checkNumber(t, strconv.FormatFloat(v, 'g', -1, 64))
		u := r.NormFloat64() * math.Pow(10, float64(r.IntN(40)-20))
		checkNumber(t, strconv.FormatFloat(u, 'f', r.IntN(20), 64))
		checkNumber(t, strconv.FormatFloat(u, 'g', 1+r.IntN(20), 64))
		checkNumber(t, fmt.Sprintf("%de%d", r.Uint64N(9_999_999_999_999_999_999), r.IntN(128)-64))
		// Halfway between two neighbours, and just beside it.
		m := r.Uint64N(1<<53) | 1<<52
		for d := range uint64(3) {
			checkNumber(t, strconv.FormatUint(2*m+d, 10)+"e"+strconv.Itoa(r.IntN(23)))
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "-2.5e-7", "1e999", "9007199254740993", "0.1234567890123456789"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := parseNumber([]byte(s))
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(string(trim([]byte(s))), 64)
		if err != nil || math.Float64bits(v) != math.Float64bits(want) {
			t.Fatalf("parseNumber(%q) = %v, strconv says %v, %v", s, v, want, err)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	for _, s := range []string{"-0.123456", "123", "0.49671415301123264"} {
		b.Run(s, func(b *testing.B) {
			cell := []byte(s)
			for b.Loop() {
				parseNumber(cell)
			}
		})
		b.Run("strconv/"+s, func(b *testing.B) {
			for b.Loop() {
				_, _ = strconv.ParseFloat(s, 64)
			}
		})
	}
}
