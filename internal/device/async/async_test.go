package async

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/rng"
)

func array(d *Device, n int) *device.Array {
	m, err := d.Alloc(4 * n)
	if err != nil {
		panic(err)
	}
	a := &device.Array{Mem: m}
	a.SetContiguous([]int{n})
	return a
}

func read(d *Device, a *device.Array) []float32 {
	buf := make([]byte, 4*a.Size)
	if err := d.Download(buf, a); err != nil {
		panic(err)
	}
	out := make([]float32, a.Size)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
	}
	return out
}

func bytes(v ...float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// TestOrder overwrites a source many times, each time right after a kernel that reads it was given: only events keep
// the order.
func TestOrder(t *testing.T) {
	d := New()
	a, sum := array(d, 1), array(d, 1)
	add := &device.BinaryOp{Name: "test add", ID: 1000, F: func(x, y float64, _ device.Params) float64 { return x + y }}
	d.Fill(sum, 0)
	want := float32(0)
	for i := range 200 {
		d.Upload(a, bytes(float32(i)))
		d.Binary(add, sum, sum, a, device.Params{})
		want += float32(i)
	}
	if got := read(d, sum)[0]; got != want {
		t.Errorf("sum of uploads: got %v, want %v", got, want)
	}
}

// TestLater checks that no task runs before a wait.
func TestLater(t *testing.T) {
	d := New()
	a := array(d, 4)
	d.Fill(a, 7)
	if n := d.queues[kernels].waiting(); n != 1 {
		t.Errorf("%d tasks wait, want 1", n)
	}
	if got := read(d, a); got[3] != 7 {
		t.Errorf("after the wait: %v", got)
	}
}

// TestDraw draws twice from one state: the second draw waits for the first, which writes the state, and both run at the
// next wait.
func TestDraw(t *testing.T) {
	d := New()
	mem, err := d.Alloc(device.GeneratorBytes)
	if err != nil {
		t.Fatal(err)
	}
	state := &device.Array{Mem: mem, DType: device.Uint8}
	state.SetContiguous([]int{device.GeneratorBytes})
	g := rng.NewTorch(1)
	raw, _ := g.MarshalBinary()
	d.Upload(state, raw)
	a, b := array(d, 20), array(d, 20)
	draw := device.Draw{Distribution: device.Uniform, A: 0, B: 1}
	d.Draw(a, state, draw)
	d.Draw(b, state, draw)
	if n := d.queues[kernels].waiting(); n != 2 {
		t.Errorf("%d tasks wait, want 2", n)
	}
	want := make([]float32, 40)
	g.Uniform32(want, 0, 1)
	if got := append(read(d, a), read(d, b)...); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	after := make([]byte, device.GeneratorBytes)
	if err := d.Download(after, state); err != nil {
		t.Fatal(err)
	}
	if want, _ := g.MarshalBinary(); !slices.Equal(after, want) {
		t.Error("the state after the draws differs")
	}
}

func TestPoison(t *testing.T) {
	d := New()
	a := array(d, 2)
	if got := read(d, a); got[0] == got[0] {
		t.Errorf("fresh memory reads as %v, want NaN", got)
	}
	d.Fill(a, 1)
	d.Poison(a.Mem)
	if got := read(d, a); got[0] == got[0] {
		t.Errorf("poisoned memory reads as %v, want NaN", got)
	}
	d.Free(a.Mem)
	defer func() {
		if recover() == nil {
			t.Error("use of freed memory did not panic")
		}
	}()
	d.Fill(a, 1)
}

// TestCheck checks that a failing check does not wait, that kernels after it do not run, and that only the next wait
// returns its error.
func TestCheck(t *testing.T) {
	d := New()
	x, y := array(d, 3), array(d, 3)
	d.Upload(x, bytes(0, 2, 5))
	d.Fill(y, 7)
	check := device.Check{Hi: 1, Op: "test", Format: "%v at %d is not between 0 and %[3]d", Args: [2]int{1}}
	if r := d.Check(x, check); r.Known || r.Failed {
		t.Fatalf("the check has a result before the wait: %v", r)
	}
	check.Hi = 3
	d.Check(x, check)
	d.Fill(y, 8)
	err := d.Sync()
	if e, ok := err.(*device.RangeError); !ok || e.Position != 1 || e.Value != 2.0 ||
		err.Error() != "test: 2 at 1 is not between 0 and 1" {
		t.Errorf("the wait returns %v", err)
	}
	if got := read(d, y); got[0] != 7 {
		t.Errorf("a kernel after the failed check ran: %v", got)
	}
	d.Check(x, check)
	if err := d.Download(make([]byte, 12), x); err == nil || err.Error() != "test: 5 at 2 is not between 0 and 1" {
		t.Errorf("Download returns %v", err)
	}
	d.Check(x, check)
	if _, err := d.CountNonZero(x); err == nil {
		t.Error("CountNonZero returns no error")
	}
	check.Hi = 5
	d.Check(x, check)
	if err := d.Sync(); err != nil {
		t.Errorf("a check that passes: %v", err)
	}
}
