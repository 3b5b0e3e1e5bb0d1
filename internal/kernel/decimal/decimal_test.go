package decimal

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// parsed returns what Floats makes of one cell, between bytes that could belong to a number.
func parsed(cell string) (v float64, ok bool) {
	text := "12." + cell + strings.Repeat(".34", 20)
	var values [1]float64
	n := Floats([]byte(text), []Span{{3, 3 + uint32(len(cell))}}, 1, values[:])
	return values[0], n == 1
}

// accepted reports whether Floats must parse the cell.
func accepted(cell string) bool {
	cell = strings.TrimPrefix(cell, "-")
	rest := strings.Replace(cell, ".", "", 1)
	return len(cell) <= 15 && rest != "" && strings.Trim(rest, "0123456789") == ""
}

func check(t *testing.T, cell string) {
	t.Helper()
	v, ok := parsed(cell)
	if ok != accepted(cell) {
		t.Errorf("Floats(%q): %v, %v", cell, v, ok)
	}
	if !ok {
		return
	}
	if want, err := strconv.ParseFloat(cell, 64); err != nil || math.Float64bits(v) != math.Float64bits(want) {
		t.Errorf("Floats(%q) = %v, want %v, %v", cell, v, want, err)
	}
}

func TestFloats(t *testing.T) {
	for _, level := range cpu.Levels() {
		defer cpu.Force(level)()
		for _, cell := range []string{"", "-", ".", "-.", "0", "-0", "5", ".5", "5.", "-.5", "--5", "+5", "1.2.3",
			"1..2", "1e5", " 1", "1 ", "12a",
			"123456789012345", "1234567890123456", "-123456789012345", "-1234567890123456", "1234567.8901234",
			"12345678.9012345", "0.0000000000001",
			"12345678.123456", "99999999.99999", "0.12345678", "1,2", "\x00", "1\xff", "：", "/", ":", "1/", "1:"} {
			check(t, cell)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 100_000 {
			check(t, strconv.FormatFloat(r.NormFloat64()*math.Pow(10, float64(r.IntN(14)-4)), 'f', r.IntN(9), 64))
			cell := make([]byte, r.IntN(18))
			for i := range cell {
				cell[i] = "0123456789.-+e, \n/:"[min(r.IntN(40)%24, 18)]
			}
			check(t, string(cell))
		}
	}
}

// TestStops checks that Floats goes on where it can, and stops at the end of the text.
func TestStops(t *testing.T) {
	for _, level := range cpu.Levels() {
		defer cpu.Force(level)()
		text := []byte("1.5,a\n-2,b\nx,c\n4,d\n" + strings.Repeat(" ", 40) + "5")
		cells := []Span{{0, 3}, {4, 5}, {6, 8}, {9, 10}, {11, 12}, {13, 14}, {15, 16}, {17, 18}}
		var values [4]float64
		if n := Floats(text, cells, 2, values[:]); n != 2 || values != [4]float64{1.5, -2} {
			t.Errorf("%v: %d values: %v", level, n, values)
		}
		if n := Floats(text, []Span{{uint32(len(text) - 1), uint32(len(text))}}, 1, values[:1]); n != 0 {
			t.Errorf("%v: a cell at the end: %d values", level, n)
		}
	}
}

func TestSeparators(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, level := range cpu.Levels() {
		defer cpu.Force(level)()
		for range 2000 {
			text := make([]byte, 64*r.IntN(5))
			for i := range text {
				text[i] = byte(r.Uint32())
				if r.IntN(3) == 0 {
					text[i] = ",\n;\r\x8a\xac\x0b\x2d"[r.IntN(8)]
				}
			}
			masks := make([]uint64, len(text)/64)
			Separators(text, ',', masks)
			for i, c := range text {
				if got, want := masks[i/64]>>(i%64)&1 == 1, c == ',' || c == '\n'; got != want {
					t.Fatalf("%v: byte %d, %q: %v", level, i, c, got)
				}
			}
		}
	}
}
