package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// files has one file per element type, written by hand from the format's description.
var files = []struct {
	typ    Type
	hex    string
	dims   []int
	values []float64
}{
	{Uint8, "00000802 00000002 00000003 00 01 02 7f 80 ff", []int{2, 3}, []float64{0, 1, 2, 127, 128, 255}},
	{Int8, "00000901 00000003 80 ff 7f", []int{3}, []float64{-128, -1, 127}},
	{Int16, "00000b01 00000003 8000 ffff 7fff", []int{3}, []float64{-32768, -1, 32767}},
	{Int32, "00000c01 00000003 80000000 ffffffff 7fffffff", []int{3}, []float64{math.MinInt32, -1, math.MaxInt32}},
	{Float32, "00000d01 00000003 3f800000 c0490fdb 7f800000", []int{3}, []float64{1, -float64(float32(math.Pi)), math.Inf(1)}},
	{Float64, "00000e01 00000002 3ff0000000000000 c00921fb54442d18", []int{2}, []float64{1, -math.Pi}},
	{Uint8, "00000800 2a", []int{}, []float64{42}},
	{Int32, "00000c02 00000000 00000007", []int{0, 7}, []float64{}},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zip(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

func TestRead(t *testing.T) {
	for _, f := range files {
		plain := unhex(t, f.hex)
		for form, content := range map[string][]byte{"plain": plain, "gzip": zip(plain)} {
			a, err := Read(bytes.NewReader(content))
			if err != nil {
				t.Errorf("%v %s: %v", f.typ, form, err)
				continue
			}
			values, err := Values[float64](a)
			if err != nil || a.Type != f.typ || !reflect.DeepEqual(a.Dims, f.dims) || !reflect.DeepEqual(values, f.values) {
				t.Errorf("%v %s: got %v %v %v %v, want %v %v", f.typ, form, a.Type, a.Dims, values, err, f.dims, f.values)
			}
			if a.Len() != len(f.values) {
				t.Errorf("%v %s: Len %d, want %d", f.typ, form, a.Len(), len(f.values))
			}
			var out bytes.Buffer
			if err := Write(&out, a); err != nil || !bytes.Equal(out.Bytes(), plain) {
				t.Errorf("%v %s: written back as % x (%v), want % x", f.typ, form, out.Bytes(), err, plain)
			}
		}
	}
}

// A file longer than the first buffer, and not a multiple of it.
func TestReadLong(t *testing.T) {
	values := make([]int16, 100003)
	for i := range values {
		values[i] = int16(i * 7)
	}
	var buf bytes.Buffer
	if err := Write(&buf, New(values, 1, 100003)); err != nil {
		t.Fatal(err)
	}
	a, err := Read(zipReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Values[int16](a)
	if err != nil || !reflect.DeepEqual(got, values) {
		t.Fatalf("100003 values do not come back (%v)", err)
	}
}

func zipReader(b []byte) io.Reader { return bytes.NewReader(zip(b)) }

func TestReadErrors(t *testing.T) {
	good := unhex(t, "00000802 00000002 00000003 000102030405")
	damage := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 0xff
		return b
	}
	zipped := zip(good)
	tests := []struct {
		name    string
		content []byte
		offset  int64
		cause   error
		text    string
	}{
		{"empty", nil, 0, io.ErrUnexpectedEOF, "magic number"},
		{"half a magic", good[:2], 2, io.ErrUnexpectedEOF, "magic number"},
		{"text", []byte("hello world"), 0, nil, "magic number 68 65 6c 6c"},
		{"unknown type", unhex(t, "00000a01 00000001 00"), 0, nil, "00 00 0a 01"},
		{"no dimensions", good[:4], 4, io.ErrUnexpectedEOF, "dimension 0 of 2"},
		{"half a dimension", good[:10], 10, io.ErrUnexpectedEOF, "dimension 1 of 2"},
		{"no data", good[:12], 12, io.ErrUnexpectedEOF, "after 0 of the 6 bytes"},
		{"truncated", good[:15], 15, io.ErrUnexpectedEOF, "after 3 of the 6 bytes that dimensions [2 3] of uint8 take"},
		{"trailing", append(bytes.Clone(good), 9), 18, nil, "more bytes than dimensions [2 3] of uint8 take"},
		{"beyond the limit", unhex(t, "00000802 ffffffff 00000002"), 12, nil,
			"[4294967295 2] of uint8 take 8589934590 bytes, the limit is 4294967296"},
		{"overflow", unhex(t, "00000803 ffffffff ffffffff 00000001"), 8, nil, "up to dimension 1, overflow"},
		{"overflow by the element", unhex(t, "00000e02 7fffffff 7fffffff"), 8, nil, "overflow"},
		{"overflow beside a zero", unhex(t, "00000803 00000000 ffffffff ffffffff"), 12, nil, "up to dimension 2, overflow"},
		{"gzip header", zipped[:5], 0, io.ErrUnexpectedEOF, "gzip header"},
		{"gzip truncated", zipped[:len(zipped)-9], 18, io.ErrUnexpectedEOF, ""},
		{"gzip checksum missing", zipped[:len(zipped)-8], 18, io.ErrUnexpectedEOF, "at the end of the elements"},
		{"gzip checksum", damage(zipped, len(zipped)-8), 18, gzip.ErrChecksum, "at the end of the elements"},
		{"gzip trailing garbage", append(bytes.Clone(zipped), "garbage behind"...), 18, gzip.ErrHeader, "at the end of the elements"},
		{"gzip of longer content", zip(append(bytes.Clone(good), 9)), 18, nil, "more bytes"},
	}
	for _, test := range tests {
		if strings.HasPrefix(test.name, "overflow") && math.MaxInt == math.MaxInt32 {
			continue // on a 32-bit system a single dimension is too large
		}
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "digits.idx")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			a, err := ReadFile(path)
			var bad *FormatError
			if a != nil || !errors.As(err, &bad) {
				t.Fatalf("got %v, %v, want a FormatError", a, err)
			}
			if bad.Offset != test.offset || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want offset %d, %q and the path", err, test.offset, test.text)
			}
			if bad.Err != test.cause {
				t.Errorf("cause is %v, want %v", bad.Err, test.cause)
			}
		})
	}
}

// The error names a file's actual format. It does not name gzip, which is accepted.
func TestForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images")
	for _, c := range []struct {
		content []byte
		want    string
	}{
		{[]byte("label,pixel\n5,0\n"), `want 00 00, then a type of 08, 09, 0b, 0c, 0d or 0e; this is text that begins "label,pixel`},
		{[]byte("\x93NUMPY\x01\x00"), "this is a NumPy array"},
		{zip([]byte("label,pixel\n5,0\n")), "want 00 00, then a type of 08, 09, 0b, 0c, 0d or 0e"},
	} {
		if err := os.WriteFile(path, c.content, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := ReadFile(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "gzip data") {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestReadFileAbsent(t *testing.T) {
	_, err := ReadFile(filepath.Join(t.TempDir(), "absent.idx"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "absent.idx") {
		t.Errorf("got %v", err)
	}
}

func TestReadLimit(t *testing.T) {
	content := unhex(t, files[0].hex)
	if _, err := ReadLimit(bytes.NewReader(content), 6); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := ReadLimit(bytes.NewReader(content), 5); err == nil {
		t.Error("beyond the limit: no error")
	}
}

// A header that claims 4 GiB without content must not cost memory, plain or gzip.
func TestLyingHeaderCostsNothing(t *testing.T) {
	content := append(unhex(t, "00000801 ffffffff"), make([]byte, 1000)...)
	for form, content := range map[string][]byte{"plain": content, "gzip": zip(content)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(bytes.NewReader(content))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v", form, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", form, used, len(content))
		}
	}
}

// Read does not decompress the bytes after the array.
func TestGzipBomb(t *testing.T) {
	content := zip(append(unhex(t, "00000801 00000004"), make([]byte, 64<<20)...))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(bytes.NewReader(content))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "more bytes") {
		t.Errorf("got %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for an array of 4", used)
	}
}

func TestValues(t *testing.T) {
	a := New([]float64{0, 1, 255})
	if v, err := Values[uint8](a); err != nil || !reflect.DeepEqual(v, []uint8{0, 1, 255}) {
		t.Errorf("uint8: %v %v", v, err)
	}
	if v, err := Values[int64](a); err != nil || !reflect.DeepEqual(v, []int64{0, 1, 255}) {
		t.Errorf("int64: %v %v", v, err)
	}
	if v, err := Values[float32](New([]float64{0.1, 1e-50})); err != nil || !reflect.DeepEqual(v, []float32{0.1, 0}) {
		t.Errorf("float32: %v %v", v, err)
	}
	for _, bad := range []float64{256, -1, 0.5, math.NaN(), math.Inf(1), 1 << 40} {
		if v, err := Values[uint8](New([]float64{7, bad})); err == nil || !strings.Contains(err.Error(), "element 1") {
			t.Errorf("%v as uint8: got %v, %v", bad, v, err)
		}
	}
	for _, bad := range []float64{1 << 63, -1 << 63, 1e300, -math.MaxFloat64} {
		if v, err := Values[int64](New([]float64{bad})); err == nil {
			t.Errorf("%v as int64: got %v", bad, v)
		}
	}
	if _, err := Values[uint8](&Array{Type: 7}); err == nil {
		t.Error("an unknown type: no error")
	}
}

func TestNewPanics(t *testing.T) {
	for _, dims := range [][]int{{2}, {-1, -3}, {3, 0}, {math.MaxInt, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: no panic", dims)
				}
			}()
			New([]uint8{1, 2, 3}, dims...)
		}()
	}
}

func TestWriteErrors(t *testing.T) {
	for name, a := range map[string]*Array{
		"type":       {Type: 0x0A, Dims: []int{1}, Data: []byte{0}},
		"short":      {Type: Int16, Dims: []int{2}, Data: make([]byte, 3)},
		"negative":   {Type: Uint8, Dims: []int{-1, -2}, Data: make([]byte, 2)},
		"dimensions": {Type: Uint8, Dims: make([]int, 256)},
	} {
		var out bytes.Buffer
		if err := Write(&out, a); err == nil || out.Len() > 0 {
			t.Errorf("%s: error %v, %d bytes written", name, err, out.Len())
		}
	}
	r, w := io.Pipe()
	r.Close()
	if err := Write(w, New([]uint8{1})); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("closed pipe: got %v", err)
	}
}

func TestTypeString(t *testing.T) {
	if s := fmt.Sprint(Uint8, Int8, Int16, Int32, Float32, Float64, Type(1)); s != "uint8 int8 int16 int32 float32 float64 Type(0x01)" {
		t.Error(s)
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range files {
		content := unhex(f, file.hex)
		f.Add(content)
		f.Add(zip(content))
	}
	f.Add([]byte{})
	f.Add(unhex(f, "00000803 ffffffff ffffffff 00000001"))
	f.Add(unhex(f, "00000801 7fffffff 00"))
	f.Add(zip(long(f))[:30])
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := ReadLimit(bytes.NewReader(content), 1<<20)
		if err != nil {
			var bad *FormatError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v is no FormatError", err)
			}
			return
		}
		if n, ok := byteSize(a.Dims, a.Type.Size()); !ok || n != len(a.Data) {
			t.Fatalf("dimensions %v of %v with %d bytes", a.Dims, a.Type, len(a.Data))
		}
		if _, err := Values[float32](a); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Write(&out, a); err != nil {
			t.Fatal(err)
		}
		if content[0] == 0 && !bytes.Equal(out.Bytes(), content) {
			t.Fatalf("% x came back as % x", content, out.Bytes())
		}
		b, err := Read(&out)
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%v came back as %v (%v)", a, b, err)
		}
	})
}

// long returns the content of a longer file.
func long(t testing.TB) []byte {
	var out bytes.Buffer
	if err := Write(&out, New(make([]float32, 60), 3, 4, 5)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
