package gguf_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/tensor"
)

const golden = "../testdata/torch/gguf/types.gguf"

func readGolden(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestMetadata compares the values with those that gguf_files.py wrote.
func TestMetadata(t *testing.T) {
	f, err := gguf.Open(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for key, want := range map[string]any{
		"general.architecture": "llama",
		"a.uint8":              uint8(200), "a.int8": int8(-100), "a.uint16": uint16(60000), "a.int16": int16(-30000),
		"a.uint32": uint32(4000000000), "a.int32": int32(-2000000000), "a.float32": float32(0.1), "a.bool": true,
		"a.string": "höchst ungewöhnlich 🦙", "a.uint64": uint64(1<<63 + 5), "a.int64": int64(-1 << 62), "a.float64": 0.1,
		"an.array.of.strings": []string{"", "x", "Ġthe"}, "an.array.of.int32": []int32{1, -2, 3},
		"an.array.of.float32": []float32{0.5, -0.25},
		"an.array.of.bool":    []bool{true, false}, "an.array.of.uint8": []uint8{1, 2, 255}, "an.array.of.float64": []float64{1e300},
	} {
		if got, ok := f.Value(key); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", key, got, want)
		}
	}
	if got := len(f.Keys()); got != 19 || f.Version() != 3 {
		t.Errorf("%d keys, version %d", got, f.Version())
	}
	for key, want := range map[string]int{"a.uint8": 200, "a.int8": -100, "a.uint16": 60000, "a.int16": -30000,
		"a.uint32": 4000000000, "a.int32": -2000000000, "a.int64": -1 << 62} {
		if got, err := f.Int(key); got != want || err != nil {
			t.Errorf("%s is %d, %v", key, got, err)
		}
		if got, err := f.Float(key); got != float64(want) || err != nil {
			t.Errorf("%s is %v, %v", key, got, err)
		}
	}
	_, err = f.Int("a.uint64")
	if !errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), `"a.uint64" is "9223372036854775813", want an integer`) {
		t.Errorf("an integer beyond int: %v", err)
	}
	var missing *gguf.MissingError
	if _, err = f.Text("b"); !errors.As(err, &missing) || missing.Key != "b" || !strings.Contains(err.Error(), golden) {
		t.Errorf("a missing key: %v", err)
	}
	if _, err = f.Flag("a.string"); !errors.Is(err, gguf.ErrFormat) {
		t.Errorf("a string as a boolean: %v", err)
	}
	if v, err := f.Texts("an.array.of.strings"); len(v) != 3 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

// TestTensors compares the tensors with PyPI gguf's, bit for bit.
func TestTensors(t *testing.T) {
	var want struct {
		Tensors map[string]struct {
			Type   string
			Shape  []int
			Values string
		}
	}
	b, err := os.ReadFile(strings.TrimSuffix(golden, "gguf") + "json")
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	data := readGolden(t)
	for version := range byte(2) { // versions 2 and 3 differ in the number alone
		data[4] = 2 + version
		f, err := gguf.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Names()) != len(want.Tensors) {
			t.Errorf("tensors %v, want %d", f.Names(), len(want.Tensors))
		}
		for name, w := range want.Tensors {
			x, err := f.Tensor(name)
			if err != nil {
				t.Error(err)
				continue
			}
			info, _ := f.Info(name)
			if info.Type.String() != w.Type || !reflect.DeepEqual(info.Shape, w.Shape) || x.Shape() != tensor.ShapeOf(w.Shape...) {
				t.Errorf("%s: %v, a tensor %v, want %s %v", name, info, x.Shape(), w.Type, w.Shape)
			}
			raw, err := base64.StdEncoding.DecodeString(w.Values)
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.SliceOf[float32](x); len(raw) != 4*len(got) {
				t.Errorf("%s: %d elements, want %d", name, len(got), len(raw)/4)
			} else {
				for i, v := range got {
					if math.Float32bits(v) != binary.LittleEndian.Uint32(raw[4*i:]) {
						t.Fatalf("%s: element %d is %v, want %v", name, i, v, math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
					}
				}
			}
			if format, ok := info.Type.BlockFormat(); ok {
				blocks, err := f.Blocks(name)
				if err != nil {
					t.Error(err)
				} else if blocks.Dim(1) != w.Shape[1]/format.Weights()*format.Bytes() {
					t.Errorf("%s: blocks %v", name, blocks.Shape())
				}
			} else if _, err := f.Blocks(name); err == nil || !strings.Contains(err.Error(), "not stored in blocks") {
				t.Errorf("%s: blocks: %v", name, err)
			}
		}
		if _, err := f.Tensor("none"); err == nil || !strings.Contains(err.Error(), `there is no tensor "none"`) {
			t.Error(err)
		}
	}
}

// A builder writes parts of a file.
type builder struct{ bytes.Buffer }

func (b *builder) u32(v uint32) *builder { return b.put(v) }
func (b *builder) u64(v uint64) *builder { return b.put(v) }
func (b *builder) put(v any) *builder {
	binary.Write(b, binary.LittleEndian, v)
	return b
}
func (b *builder) text(s string) *builder {
	b.u64(uint64(len(s))).WriteString(s)
	return b
}

// begin returns the beginning of a file.
func begin(version uint32, tensors, entries uint64) *builder {
	b := &builder{}
	b.WriteString("GGUF")
	return b.u32(version).u64(tensors).u64(entries)
}

// tensorOf returns the entry of a tensor.
func (b *builder) tensorOf(name string, kind uint32, offset uint64, dims ...uint64) *builder {
	b.text(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b.u64(d)
	}
	return b.u32(kind).u64(offset)
}

// data appends zeros: the alignment and n bytes.
func (b *builder) data(n int) *builder {
	b.Write(make([]byte, (b.Len()+31)/32*32-b.Len()+n))
	return b
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		b    *builder
		text string
	}{
		{&builder{}, "not a GGUF file but an empty file"},
		{func() *builder { b := &builder{}; b.WriteString("PK\x03\x04"); return b }(), "not a GGUF file but a ZIP archive"},
		{begin(1, 0, 0), "version 1, want 2 or 3"},
		{begin(0x03000000, 0, 0), "big-endian"},
		{begin(3, 1<<60, 0), "1152921504606846976 tensors do not fit"},
		{begin(3, 0, 3), "3 metadata entries do not fit in the 0 bytes"},
		{begin(3, 0, 1).text("k").u32(99).u64(0), `the value of "k": unknown type number 99`},
		{begin(3, 0, 1).text("k").u32(8).u64(1 << 40).u64(0), "1099511627776 bytes of a string do not fit"},
		{begin(3, 0, 1).text("k").u32(9).u32(0).u64(1 << 62).u64(0), "elements of an array do not fit"},
		{begin(3, 0, 1).text("k").u32(9).u32(13).u64(0), "an array of unknown type number 13"},
		{begin(3, 0, 1).text("k").u32(7).put(byte(2)).u64(0), "a boolean of 2, want 0 or 1"},
		{begin(3, 0, 2).text("k").u32(7).put(byte(1)).text("k").u32(7).put(byte(1)), `"k" occurs twice`},
		{begin(3, 0, 1).text("general.alignment").u32(4).u32(48), "general.alignment is 48, want a power of 2"},
		{begin(3, 0, 1).text("general.alignment").u32(4).u32(0), "general.alignment is 0"},
		{begin(3, 1, 0).tensorOf("t", 0, 0, 1, 1, 1, 1, 1), "5 dimensions, want at most 4"},
		{begin(3, 1, 0).tensorOf("t", 0, 0, 1<<62, 1<<62), "overflows"},
		{begin(3, 1, 0).tensorOf("t", 0, 0, 1<<63), "a dimension of 9223372036854775808"},
		{begin(3, 1, 0).tensorOf("t", 77, 0, 1), "unknown type number 77"},
		{begin(3, 1, 0).tensorOf("t", 8, 0, 33, 2), "rows of 33 elements, want a multiple of 32 for the type Q8_0"},
		{begin(3, 1, 0).tensorOf("t", 0, 8, 1).data(100), "the offset 8 is not a multiple of the alignment 32"},
		{begin(3, 1, 0).tensorOf("t", 0, 32, 16).data(95), `tensor "t" needs 64 bytes from byte 32 on, but the file has 95 bytes of data`},
		{begin(3, 2, 0).tensorOf("t", 0, 0, 16).tensorOf("u", 0, 32, 16).data(200), `the tensors "t" and "u" overlap`},
		{begin(3, 2, 0).tensorOf("t", 0, 0, 16).tensorOf("t", 0, 64, 16).data(200), `the tensor "t" occurs twice`},
	} {
		_, err := gguf.NewReader(bytes.NewReader(c.b.Bytes()), int64(c.b.Len()))
		if !errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v, want %s", err, c.text)
		}
	}
	deep := begin(3, 0, 1).text("k").u32(9)
	for range 10 {
		deep.u32(9).u64(1)
	}
	if _, err := gguf.NewReader(bytes.NewReader(deep.data(100).Bytes()), int64(deep.Len())); err == nil ||
		!strings.Contains(err.Error(), "arrays in each other") {
		t.Error(err)
	}
	empty := begin(3, 2, 0).tensorOf("t", 0, 0, 0, 5).tensorOf("q5", 6, 0, 32).data(22)
	f, err := gguf.NewReader(bytes.NewReader(empty.Bytes()), int64(empty.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := f.Tensor("t"); err != nil || x.Shape() != tensor.ShapeOf(5, 0) {
		t.Error(x.Shape(), err)
	}
	if _, err := f.Tensor("q5"); err == nil || !strings.Contains(err.Error(), `tensor "q5" has type Q5_0, which Lamina does not have`) {
		t.Error(err)
	}
}

// TestCut cuts the file at each length of its header and at some of its data, and changes each byte of the header.
func TestCut(t *testing.T) {
	data := readGolden(t)
	header := bytes.Index(data, []byte("f32")) + 2000
	for n := range header {
		if _, err := gguf.NewReader(bytes.NewReader(data[:n]), int64(n)); !errors.Is(err, gguf.ErrFormat) {
			t.Fatalf("cut at %d of %d: %v", n, len(data), err)
		}
	}
	for i := range header {
		for _, flip := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(data)
			b[i] ^= flip
			readAll(t, b)
		}
	}
}

// readAll reads all that a file claims, and checks that errors are those of the format.
func readAll(t testing.TB, b []byte) {
	f, err := gguf.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		if !errors.Is(err, gguf.ErrFormat) {
			t.Fatalf("an error that is not of the format: %v", err)
		}
		return
	}
	for _, name := range f.Names() {
		info, ok := f.Info(name)
		x, err := f.Tensor(name)
		if !ok || err == nil && x.Shape() != tensor.ShapeOf(info.Shape...) {
			t.Fatalf("tensor %q: %v, a tensor %v", name, info, x.Shape())
		}
	}
}

// TestMemory checks that claims of sizes cost no memory.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse.gguf")
	b := begin(3, 0, 1).text("k").u32(9).u32(8).u64(1 << 30) // an array of 2³⁰ strings
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := gguf.Open(path)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, gguf.ErrFormat) || !strings.Contains(err.Error(), "do not fit") {
		t.Errorf("a sparse file: %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(readGolden(f))
	f.Add(begin(3, 0, 1).text("k").u32(9).u32(9).u64(1).u32(8).u64(2).text("a").text("b").Bytes())
	f.Add(begin(2, 1, 1).text("general.alignment").u32(4).u32(64).tensorOf("t", 3, 0, 64, 2).data(80).Bytes())
	f.Fuzz(func(t *testing.T, b []byte) { readAll(t, b) })
}

func ExampleOpen() {
	f, err := gguf.Open("../testdata/torch/gguf/types.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	architecture, _ := f.Text("general.architecture")
	info, _ := f.Info("q4_1")
	weights, err := f.Tensor("q4_1") // dequantized
	fmt.Println(architecture, info.Type, info.Shape, info.Size, weights.DType(), err)
	// Output: llama Q4_1 [7 160] 700 float32 <nil>
}

func ExampleFile_Blocks() {
	f, err := gguf.Open("../testdata/torch/gguf/types.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	w, err := f.Blocks("q4_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	x := tensor.Ones(1, 160)
	y := tensor.QuantizedLinear(x, w, tensor.Tensor{}, tensor.Q4_1)
	fmt.Println(w.Shape(), y.Shape())
	// Output: (7, 100) (1, 7)
}

func ExampleType() {
	format, ok := gguf.Q4_1.BlockFormat()
	fmt.Println(gguf.BF16, format, ok)
	// Output: BF16 Q4_1 true
}

func ExampleFile() {
	f, err := gguf.Open("../testdata/torch/gguf/types.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	texts, _ := f.Texts("an.array.of.strings")
	_, err = f.Int("llama.block_count")
	fmt.Printf("%q, %v\n", texts, err)
	// Output: ["" "x" "Ġthe"], gguf: ../testdata/torch/gguf/types.gguf: the metadata have no "llama.block_count"
}

func ExampleInfo() {
	f, err := gguf.Open("../testdata/torch/gguf/types.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	info, _ := f.Info("bf16")
	fmt.Println(info.Name, info.Type, info.Shape, info.Size)
	// Output: bf16 BF16 [2 6] 24
}

func ExampleMissingError() {
	f, err := gguf.Open("../testdata/torch/gguf/types.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	_, err = f.Float("llama.rope.freq_base")
	var missing *gguf.MissingError
	fmt.Println(errors.As(err, &missing), missing.Key)
	// Output: true llama.rope.freq_base
}
