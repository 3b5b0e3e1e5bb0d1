package recipe

import "testing"

func TestNumberText(t *testing.T) {
	for v, want := range map[float64]string{1048576: "1048576", 1e6: "1e6", 0.001: "0.001", 1e-8: "1e-8", 0.5: "0.5",
		65536: "65536", 1e9: "1e9", 0: "0", -0.25: "-0.25", 1500: "1500", 1e4: "10000", 1e5: "1e5"} {
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
