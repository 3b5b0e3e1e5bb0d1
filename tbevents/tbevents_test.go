package tbevents

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// samples are events with every kind of data.
func samples() []Event {
	at := time.UnixMicro(1_700_000_000_123_456)
	values := func(tag string, data any) []Value { return []Value{{tag, data}} }
	return []Event{
		{Time: at, Version: "brain.Event:2"},
		{Time: at, Step: 7, Start: true},
		{Time: at, Step: 7, Values: []Value{{"loss/train", Scalar(0.25)}, {"loss/test", Scalar(-1e30)}}},
		{Time: at, Step: 8, Values: values("weights/fc1", NewHistogram([]float64{-1, 0, 0.5, 2, 2}))},
		{Time: at, Step: 9, Values: values("image", Image{3, 2, 4, []byte("png")})},
		{Time: at, Step: 9, Values: values("notes", Text("a **text**, 文"))},
		{Time: at, Values: values(HParamsTag, HParams{Start: at, Group: "g",
			Values: map[string]any{"lr": 0.1, "optimizer": "adam", "nesterov": true, "off": false}})},
		{Time: at, Values: values(SessionEndTag, SessionEnd{StatusSuccess, at})},
		{Time: at, Graph: []Node{{Name: "input", Op: "Placeholder", Shapes: [][]int{{-1, 784}}},
			{Name: "fc1", Op: "Linear", Inputs: []string{"input"}, Shapes: [][]int{{-1, 64}, {}},
				Attrs: map[string]string{"parameters": "weight (64, 784)"}}}},
	}
}

func encode(events []Event) []byte {
	var all []byte
	for i := range events {
		all = append(all, frame(appendEvent(make([]byte, headerSize), &events[i]))...)
	}
	return all
}

func decode(t *testing.T, b []byte) []Event {
	t.Helper()
	var events []Event
	for e, err := range Read(bytes.NewReader(b)) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func TestRoundTrip(t *testing.T) {
	want := samples()
	got := decode(t, encode(want))
	if len(got) != len(want) {
		t.Fatalf("%d events; want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("event %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

// TestTorn cuts a file at every byte: all events before are read, and the error says that the end is missing.
func TestTorn(t *testing.T) {
	all := encode(samples())
	ends := map[int]int{0: 0} // the number of events that end at a byte
	for i := range samples() {
		ends[len(encode(samples()[:i+1]))] = i + 1
	}
	complete := 0
	for n := range all {
		if events, ok := ends[n]; ok {
			complete = events
		}
		got := 0
		var last error
		for _, err := range Read(bytes.NewReader(all[:n])) {
			if last = err; err == nil {
				got++
			}
		}
		if _, whole := ends[n]; got != complete || (last == nil) != whole || last != nil && !errors.Is(last, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %d events, want %d; error %v", n, len(all), got, complete, last)
		}
	}
}

// TestDamaged flips bits: a damaged record ends the sequence with an error.
func TestDamaged(t *testing.T) {
	all := encode(samples()[2:3])
	for i := range all {
		b := bytes.Clone(all)
		b[i] ^= 0x10
		for e, err := range Read(bytes.NewReader(b)) {
			if err == nil {
				t.Errorf("byte %d changed: no error for %+v", i, e)
			}
		}
	}
}

// TestLength checks that a header that promises much allocates little.
func TestLength(t *testing.T) {
	b := frame(make([]byte, headerSize+100))
	var header [headerSize]byte
	promise := func(length uint64) []byte {
		for i := range 8 {
			header[i] = byte(length >> (8 * i))
		}
		c := maskedCRC(header[:8])
		header[8], header[9], header[10], header[11] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
		return append(header[:], b...)
	}
	for _, test := range []struct {
		length uint64
		want   string
	}{{maxRecord, "the file ends after"}, {maxRecord + 1, "at most"}, {math.MaxUint64, "at most"}} {
		b := promise(test.length)
		var err error
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, err = range Read(bytes.NewReader(b)) {
		}
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if err == nil || !strings.Contains(err.Error(), test.want) || allocated > 1<<16 {
			t.Errorf("length %d: %d bytes allocated, error %v", test.length, allocated, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(samples()))
	for _, e := range samples() {
		f.Add(appendEvent(nil, &e))
	}
	for _, name := range []string{"all", "hparams"} {
		b, err := os.ReadFile("../testdata/torch/events/" + name + ".tfevents")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for range Read(bytes.NewReader(b)) {
		}
		e, err := decodeEvent(b)
		if err != nil {
			return
		}
		if again, err := decodeEvent(appendEvent(nil, &e)); err != nil {
			t.Errorf("%+v does not survive: %v", e, err)
		} else if len(again.Values) != len(e.Values) && e.Version == "" && !e.Start && e.Graph == nil {
			t.Errorf("%d values became %d", len(e.Values), len(again.Values))
		}
	})
}

func TestHistogram(t *testing.T) {
	h := NewHistogram([]float32{1, 1, -2, 0, float32(math.NaN()), float32(math.Inf(1))})
	if h.Num != 4 || h.Min != -2 || h.Max != 1 || h.Sum != 0 || h.SumSquares != 6 {
		t.Errorf("%+v", h)
	}
	count := 0.0
	for i, c := range h.Counts {
		count += c
		if i > 0 && h.Limits[i] <= h.Limits[i-1] {
			t.Errorf("limits do not ascend at %d", i)
		}
	}
	if count != h.Num || h.Counts[0] != 0 || h.Limits[0] > h.Min || h.Limits[len(h.Limits)-1] < h.Max {
		t.Errorf("%v values in bins from %v to %v", count, h.Limits[0], h.Limits[len(h.Limits)-1])
	}
	if h := NewHistogram([]float64{-1e30, 1e30}); h.Counts[1] != 1 || h.Counts[len(h.Counts)-1] != 1 {
		t.Error("values beyond the outermost edges are not counted")
	}
	if h := NewHistogram([]float64{math.NaN()}); h.Num != 0 || h.Limits != nil {
		t.Errorf("no value: %+v", h)
	}
}

// TestBin compares the bins of values near all edges with a search.
func TestBin(t *testing.T) {
	for _, edge := range edges {
		for _, v := range []float64{edge, math.Nextafter(edge, math.Inf(1)), math.Nextafter(edge, math.Inf(-1)), edge * 1.03} {
			above := sort.Search(len(edges), func(i int) bool { return edges[i] > v })
			if want := min(max(above-1, 0), len(edges)-2); bin(v) != want {
				t.Fatalf("bin of %v is %d; want %d", v, bin(v), want)
			}
		}
	}
}

func TestWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for start, first := range []int64{0, 3} {
		w, err := Create(dir, first)
		if err != nil {
			t.Fatal(err)
		}
		for step := first; step < first+5; step++ {
			if err := w.Scalar("loss", float64(10*start)+float64(step), step); err != nil {
				t.Fatal(err)
			}
		}
		if start == 0 { // as a kill leaves it
			if _, err := w.f.Write([]byte("torn")); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	curves, err := ReadScalars(dir)
	if err != nil {
		t.Fatal(err)
	}
	var values []float32
	for _, p := range curves["loss"] {
		values = append(values, p.Value)
	}
	if want := []float32{0, 1, 2, 13, 14, 15, 16, 17}; !slices.Equal(values, want) {
		t.Errorf("%v; want %v", values, want)
	}
	if _, err := ReadScalars(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestWriterImages(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	opaque := image.NewNRGBA(image.Rect(1, 1, 4, 3))
	for y := 1; y < 3; y++ {
		for x := 1; x < 4; x++ {
			opaque.Set(x, y, color.White)
		}
	}
	for i, img := range []image.Image{image.NewGray(image.Rect(0, 0, 3, 2)), opaque, image.NewNRGBA(image.Rect(0, 0, 3, 2))} {
		if err := w.Image("image", img, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	step := 0
	for e, err := range ReadFolder(dir) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range e.Values {
			img := v.Data.(Image)
			if img.Width != 3 || img.Height != 2 || img.Channels != []int{1, 3, 4}[step] {
				t.Errorf("image %d: %+v", step, img)
			}
			if decoded, _, err := image.Decode(bytes.NewReader(img.Encoded)); err != nil || decoded.Bounds().Size() != image.Pt(3, 2) {
				t.Errorf("image %d: %v", step, err)
			}
			step++
		}
	}
	if step != 3 {
		t.Errorf("%d images", step)
	}
}

func TestScalarAllocatesNothing(t *testing.T) {
	w, err := Create(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	step := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		step++
		if err := w.Scalar("loss/train", 0.5, step); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGraph(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 8, 4), &nn.ReLU{}, nn.NewLinear(g, 4, 2)}
	nodes := GraphOf(model, tensor.Zeros(5, 8))
	var got []string
	for _, n := range nodes {
		got = append(got, n.Name+" "+n.Op+" <- "+strings.Join(n.Inputs, ","))
	}
	want := []string{"input Placeholder <- ", "0 Linear <- input", "1 ReLU <- 0", "2 Linear <- 1", "output Output <- 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if n := nodes[1]; !reflect.DeepEqual(n.Shapes, [][]int{{-1, 4}}) || n.Attrs["parameters"] != "weight (4, 8), bias (4,)" {
		t.Errorf("%+v", n)
	}

	names := map[string]bool{}
	for _, n := range GraphOf(models.NewResNet18(rng.NewTorch(1), 10), tensor.Zeros(1, 3, 32, 32)) {
		for _, in := range n.Inputs {
			if !names[in] {
				t.Errorf("%s reads %s, which does not precede it", n.Name, in)
			}
		}
		if n.Name != "input" && len(n.Inputs) == 0 {
			t.Errorf("%s reads nothing", n.Name)
		}
		if want := map[string][]string{
			"layer2/0/downsample/0": {"layer1/1/bn2"},
			"layer2/0/downsample/1": {"layer2/0/downsample/0"},
			"layer2/1/conv1":        {"layer2/0/bn2", "layer2/0/downsample/1"},
		}[n.Name]; want != nil && !slices.Equal(n.Inputs, want) {
			t.Errorf("%s reads %v; want %v", n.Name, n.Inputs, want)
		}
		names[n.Name] = true
	}
	if !names["layer4/1/conv2"] || !names["fc"] || names["layer4/1"] {
		t.Errorf("%d nodes: %v", len(names), names)
	}
}

// TestHParamTypes writes hyperparameters of all types: TensorBoard compares runs by those that are numbers.
func TestHParamTypes(t *testing.T) {
	type size int
	type name string
	type flag bool
	written := map[string]any{"int": 5, "uint8": uint8(7), "int64": int64(-3), "float32": float32(0.5), "size": size(64), "none": nil,
		"name": name("adam"), "flag": flag(true), "time": 90 * time.Second, "list": []int{64, 32}}
	want := map[string]any{"int": 5.0, "uint8": 7.0, "int64": -3.0, "float32": 0.5, "size": 64.0, "none": "<nil>",
		"name": "adam", "flag": true, "time": "1m30s", "list": "[64 32]"}
	got := decode(t, encode([]Event{{Values: []Value{{HParamsTag, HParams{Values: written}}}}}))
	if v := got[0].Values[0].Data.(HParams).Values; !reflect.DeepEqual(v, want) {
		t.Errorf("got  %v\nwant %v", v, want)
	}
}
