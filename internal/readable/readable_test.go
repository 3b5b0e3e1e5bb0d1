package readable

import (
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		want   string
	}{
		{38719.6, 4, "38720"}, {1201430.4, 6, "1201430"}, {1.2e14, 4, "120000000000000"}, {2.5e15, 4, "2.5e15"}, {-35567.1, 6, "-35567.1"},
		{0.0123456, 4, "0.01235"}, {0.99999, 4, "1"}, {9.9996, 4, "10"}, {100, 4, "100"}, {1.5, 4, "1.5"}, {0, 4, "0"},
		{0.0001, 3, "0.0001"},
		{1.234e-6, 3, "1.23e-6"}, {-1e-12, 3, "-1e-12"}, {math.Inf(1), 3, "+Inf"}, {math.NaN(), 3, "NaN"}, {391242.59375, 7, "391242.6"},
	} {
		if got := Number(c.v, c.digits); got != c.want {
			t.Errorf("%v with %d digits is %q, want %q", c.v, c.digits, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 epochs", 1: "1 epoch", 2: "2 epochs"} {
		if got := Count(n, "epoch"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
