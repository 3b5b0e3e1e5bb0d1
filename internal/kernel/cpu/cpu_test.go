package cpu

import (
	"fmt"
	"testing"
)

func TestForce(t *testing.T) {
	start := Chosen()
	for _, l := range Levels() {
		vectors := l
		if l == AMX {
			vectors = AVX512
		}
		restore := Force(l)
		if Chosen() != l || ISA() != vectors {
			t.Errorf("Force(%v): Chosen() = %v, ISA() = %v", l, Chosen(), ISA())
		}
		restore()
		if Chosen() != start {
			t.Errorf("restore after Force(%v): Chosen() = %v, want %v", l, Chosen(), start)
		}
	}
}

func TestChoose(t *testing.T) {
	have := Levels()
	if got, want := choose(""), have[len(have)-1]; got != want {
		t.Errorf("choose(\"\") = %v, want the best level %v", got, want)
	}
	for i, l := range have {
		if got := choose(l.String()); got != l {
			t.Errorf("choose(%q) = %v", l, got)
		}
		if i > 0 && l <= have[i-1] {
			t.Errorf("Levels() = %v, want ascending", have)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("choose(\"mmx\") did not panic")
		}
	}()
	choose("mmx")
}

func ExampleForce() {
	restore := Force(Generic)
	defer restore()
	fmt.Println(ISA())
	// Output: generic
}
