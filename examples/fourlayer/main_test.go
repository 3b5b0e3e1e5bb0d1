package main

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

var number = regexp.MustCompile(`loss: ([0-9.e+-]+), `)

// TestGolden compares the program's output with PyTorch's: equal text, except for losses, which may differ by 2e-6.
// That is about forty times the difference between PyTorch's float32 and float64.
func TestGolden(t *testing.T) { golden(t, tensor.CPU()) }

func golden(t *testing.T, device tensor.Device) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/torch/fourlayer/fourlayer.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := run(&b, device); err != nil {
		t.Fatal(err)
	}
	got, want := b.String(), string(text)
	mask := func(s string) string { return number.ReplaceAllString(s, "loss: L, ") }
	if mask(got) != mask(want) {
		t.Errorf("layout, accuracies or predictions differ; got\n%s\nwant\n%s", got, want)
	}
	g, w := number.FindAllStringSubmatch(got, -1), number.FindAllStringSubmatch(want, -1)
	if len(g) != 20 || len(w) != 20 {
		t.Fatalf("%d and %d losses, want 20", len(g), len(w))
	}
	worst := 0.0
	for i := range g {
		a, errA := strconv.ParseFloat(g[i][1], 64)
		b, errB := strconv.ParseFloat(w[i][1], 64)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		worst = max(worst, math.Abs(a-b))
		if !(math.Abs(a-b) <= 2e-6) {
			t.Errorf("epoch %d: loss %v, want %v", i+1, a, b)
		}
	}
	t.Logf("largest difference of a loss: %.3g", worst)
}
