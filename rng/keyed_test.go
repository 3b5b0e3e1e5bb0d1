package rng

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var _ rand.Source = (*Keyed)(nil)

// TestPhilox4x32 compares with the test vectors of the authors' Random123 library.
func TestPhilox4x32(t *testing.T) {
	ones := uint32(math.MaxUint32)
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Philox4x32(c.counter, c.key); got != c.want {
			t.Errorf("Philox4x32(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// TestKeyedPositions checks that a stream is the same if it is read word by word, in pieces or from the middle.
func TestKeyedPositions(t *testing.T) {
	const seed, epoch, index = 0x0123456789abcdef, 7, 1<<40 + 3
	k := NewKeyed(seed, epoch, index)
	want := make([]uint32, 300)
	for i := range want {
		want[i] = k.Uint32()
		block := Philox4x32([4]uint32{uint32(i / 4), epoch, 3, 1 << 8}, [2]uint32{0x89abcdef, 0x01234567})
		if want[i] != block[i%4] {
			t.Fatalf("word %d is %#x, want %#x", i, want[i], block[i%4])
		}
	}
	for from := range 10 {
		for n := range 40 {
			got := make([]uint32, n)
			k.Seek(uint64(from))
			k.Uint32s(got)
			if !slices.Equal(got, want[from:from+n]) {
				t.Fatalf("words %d to %d differ", from, from+n)
			}
			if w := k.Uint32(); w != want[from+n] {
				t.Fatalf("after words %d to %d the next word differs", from, from+n)
			}
		}
	}
	k.Seek(1<<34 - 1)
	k.Uint32()
	mustPanic(t, "Seek beyond the end", func() { k.Seek(1 << 34) })

	whole := make([]float32, 300)
	k.Seek(0)
	k.Bernoulli32(whole, 0.3)
	part := make([]float32, 170)
	k.Seek(130)
	k.Bernoulli32(part, 0.3)
	if !slices.Equal(part, whole[130:]) {
		t.Error("a part of a mask differs from the mask")
	}
}

func TestKeyedKeysDiffer(t *testing.T) {
	seen := map[uint64][3]uint64{}
	for _, seed := range []uint64{0, 1, 1 << 32, 1 << 63} {
		for _, epoch := range []uint32{0, 1, 1 << 31} {
			for _, index := range []uint64{0, 1, 1 << 32, 1 << 63} {
				k := NewKeyed(seed, epoch, index)
				u := k.Uint64()
				if other, ok := seen[u]; ok {
					t.Errorf("the streams of keys %v and %v begin with the same words", other,
						[]any{seed, epoch, index})
				}
				seen[u] = [3]uint64{seed, uint64(epoch), index}
			}
		}
	}
}

// TestKeyedMoments checks that the means and variances of n values are within 5 standard errors of the distribution's.
func TestKeyedMoments(t *testing.T) {
	const n = 200000
	k := NewKeyed(42, 0, 0)
	f := make([]float32, n)
	moments := func(name string, mean, variance, kurtosis float64, at func(i int) float64) {
		t.Helper()
		var s, s2 float64
		for i := range n {
			v := at(i)
			s += v
			s2 += (v - mean) * (v - mean)
		}
		if d := math.Abs(s/n - mean); d > 5*math.Sqrt(variance/n) {
			t.Errorf("%s: the mean is %v, want %v", name, s/n, mean)
		}
		if d := math.Abs(s2/n - variance); d > 5*variance*math.Sqrt((kurtosis-1)/n) {
			t.Errorf("%s: the variance is %v, want %v", name, s2/n, variance)
		}
	}
	moments("Float32", 0.5, 1./12, 9./5, func(int) float64 { return float64(k.Float32()) })
	moments("Float64", 0.5, 1./12, 9./5, func(int) float64 { return k.Float64() })
	moments("Normal", 0, 1, 3, func(int) float64 { return k.Normal() })
	moments("IntN", 4.5, 99./12, 1.8, func(int) float64 { return float64(k.IntN(10)) })
	k.Uniform32(f, -2, 4)
	moments("Uniform32", 1, 3, 9./5, func(i int) float64 { return float64(f[i]) })
	k.Bernoulli32(f, 0.2)
	moments("Bernoulli32", 0.2, 0.16, 1/0.16-3, func(i int) float64 { return float64(f[i]) })
}

func TestKeyedRanges(t *testing.T) {
	k := NewKeyed(1, 2, 3)
	f := make([]float32, 1000)
	k.Bernoulli32(f, 0)
	if slices.Contains(f, 1) {
		t.Error("probability 0 gave a 1")
	}
	k.Bernoulli32(f, 1)
	if slices.Contains(f, 0) {
		t.Error("probability 1 gave a 0")
	}
	k.Uniform32(f, 16777215, 16777217)
	if slices.Contains(f, 16777217) {
		t.Error("the open end was reached")
	}
	for _, n := range []int{1, 2, 3, 1000, math.MaxInt} {
		for range 1000 {
			if i := k.IntN(n); i < 0 || i >= n {
				t.Fatalf("IntN(%d) = %d", n, i)
			}
		}
	}
	mustPanic(t, "IntN(0)", func() { k.IntN(0) })
	mustPanic(t, "probability NaN", func() { k.Bernoulli32(f, math.NaN()) })
	mustPanic(t, "from above to", func() { k.Uniform32(f, 1, 0) })
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if s, ok := recover().(string); !ok || len(s) < 5 || s[:5] != "rng: " {
			t.Errorf("%s: no panic that names the package", what)
		}
	}()
	f()
}
