package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// raw returns a file of a header and n bytes of data.
func raw(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

func open(b []byte) (*File, error) { return NewReader(bytes.NewReader(b), int64(len(b))) }

const w8 = `{"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}`

// TestForms reads headers that are unusual but valid.
func TestForms(t *testing.T) {
	dims := strings.Repeat("1,", maxDims-1) + "1"
	for _, c := range []struct {
		header string
		data   int
		names  string
	}{
		{"{}", 0, "[]"},
		{"{}       ", 0, "[]"},
		{"{ \t\n\r}\n", 0, "[]"},
		{w8, 8, "[w]"},
		{" { }"[1:], 0, "[]"},
		{`{ "w" : { "data_offsets" : [ 0 , 8 ] , "shape" : [ 8 ] , "dtype" : "U8" } }`, 8, "[w]"},
		// Older versions of the Python package sorted tensors by name only.
		{`{"b":{"dtype":"F32","shape":[],"data_offsets":[1,5]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 5, "[a b]"},
		// Empty tensors at the beginning, between others and at the end, several at the same offset.
		{`{"c":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},` +
			`"a":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]},"e":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},` +
			`"d":{"dtype":"U8","shape":[0],"data_offsets":[5,5]},"f":{"dtype":"U8","shape":[0],"data_offsets":[5,5]}}`, 5, "[a b c d e f]"},
		{`{"w":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]},"v":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[3,6]},` +
			`"u":{"dtype":"F6_E3M2","shape":[8],"data_offsets":[6,12]}}`, 12, "[u v w]"},
		{`{"w":{"dtype":"U8","shape":[` + dims + `],"data_offsets":[0,1]}}`, 1, "[w]"},
		{`{"__metadata__":{"a":"","":"b"},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0, "[w]"},
		{`{"\"\\\/\b\f\n\r\t\u0041\u00e9\u00C9\ud83d\ude00\uD83D\uDE00":{"dtype":"\u0055\u0038","sh\u0061pe":[0],"data_offsets":[0,0]}}`, 0,
			"[\"\\/\b\f\n\r\tAéÉ😀😀]"},
	} {
		f, err := open(raw(c.header, c.data))
		if err != nil {
			t.Errorf("%s: %v", c.header, err)
			continue
		}
		if got := fmt.Sprint(f.Names()); got != c.names {
			t.Errorf("%s: names are %s, want %s", c.header, got, c.names)
		}
	}
}

func TestBadFiles(t *testing.T) {
	tensor := func(s string) string { return `{"w":` + s + `}` }
	shape := func(s string) string { return tensor(`{"dtype":"U8","shape":` + s + `,"data_offsets":[0,8]}`) }
	offsets := func(s string) string { return tensor(`{"dtype":"U8","shape":[8],"data_offsets":` + s + `}`) }
	two := func(a, b string) string {
		return `{"a":{"dtype":"U8","shape":[4],"data_offsets":` + a + `},"b":{"dtype":"U8","shape":[4],"data_offsets":` + b + `}}`
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<63)
	for _, c := range []struct {
		file []byte
		want string // in the error
	}{
		// the length
		{nil, "0 bytes, want at least 9"},
		{make([]byte, 7), "7 bytes, want at least 9"},
		{make([]byte, 8), "8 bytes, want at least 9"},
		{make([]byte, 100), "does not begin with {"},
		{append(huge, w8...), "9223372036854775808 bytes, want at most 100000000"},
		{append(bytes.Repeat([]byte{255}, 8), w8...), "18446744073709551615 bytes, want"},
		{append(binary.LittleEndian.AppendUint64(nil, 100_000_001), w8...), "100000001 bytes, want"},
		{append(binary.LittleEndian.AppendUint64(nil, 100_000_000), w8...), "100000000 bytes, but only 53 follow"},
		{raw(w8, 8)[:40], "53 bytes, but only 32 follow"},
		// the text
		{raw(" {}", 0), "does not begin with {"},
		{raw("[]", 0), "does not begin with {"},
		{raw("null", 0), "does not begin with {"},
		{raw("{\xff}", 0), "not UTF-8"},
		{raw("{\"\xed\xa0\x80\":1}", 0), "not UTF-8"},
		{raw(`{`, 0), "ends after byte 1, want a string"},
		{raw(`{"`, 0), "want the end of a string"},
		{raw(`{"a\`, 0), "want an escape"},
		{raw(`{"a`+"\n"+`":1}`, 0), `byte 3 of the header is '\n', want an escape`},
		{raw(`{"a\x":1}`, 0), "want one of"},
		{raw(`{"\u12g4":1}`, 0), "hexadecimal"},
		{raw(`{"\u12`, 0), "hexadecimal"},
		{raw(`{"\ud800":1}`, 0), "surrogates in pairs"},
		{raw(`{"\ude00\ud83d":1}`, 0), "surrogates in pairs"},
		{raw(`{"\ud83d\u0041":1}`, 0), "surrogates in pairs"},
		{raw(`{"\ud83d\n":1}`, 0), "surrogates in pairs"},
		{raw("{}\x00", 0), `byte 2 of the header is '\x00', want nothing`},
		{raw("{}{}", 0), `byte 2 of the header is '{', want nothing`},
		{raw("{,}", 0), `byte 1 of the header is ',', want a string`},
		{raw(`{"a"}`, 0), `want a colon after "a"`},
		{raw(w8[:len(w8)-1]+",}", 8), "want a string"},
		{raw(w8[:len(w8)-1], 8), "want a comma or }"},
		{raw(w8[:len(w8)-1]+"]", 8), "want a comma or }"},
		// duplicates
		{raw(`{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, 8), `"w" occurs twice`},
		{raw(`{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0077":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, 8), `"w" occurs twice`},
		{raw(`{"__metadata__":{},"__metadata__":{}}`, 0), `"__metadata__" occurs twice`},
		{raw(`{"__metadata__":{"a":"b","a":"b"}}`, 0), `__metadata__: "a" occurs twice`},
		{raw(tensor(`{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}`), 8), `tensor "w": dtype: given twice`},
		{raw(tensor(`{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}`), 8), `tensor "w": shape: given twice`},
		{raw(tensor(`{"dtype":"U8","shape":[8],"data_offsets":[0,8],"data_offsets":[0,8]}`), 8), `tensor "w": data_offsets: given twice`},
		// metadata
		{raw(`{"__metadata__":null}`, 0), "want __metadata__ as an object"},
		{raw(`{"__metadata__":[]}`, 0), "want __metadata__ as an object"},
		{raw(`{"__metadata__":{"a":1}}`, 0), `__metadata__: "a": byte 21 of the header is '1', want a string`},
		{raw(`{"__metadata__":{"a":{"b":"c"}}}`, 0), `__metadata__: "a": byte 21 of the header is '{', want a string`},
		{raw(`{"__metadata__":{"a":null}}`, 0), "want a string"},
		// one tensor
		{raw(tensor(`1`), 0), `tensor "w": byte 5 of the header is '1', want dtype, shape and data_offsets as an object`},
		{raw(tensor(`{}`), 0), `tensor "w": dtype, shape or data_offsets is missing`},
		{raw(tensor(`{"dtype":"U8","shape":[8]}`), 8), "missing"},
		{raw(tensor(`{"dtype":"U8","shape":[8],"data_offsets":[0,8],"x":1}`), 8), `tensor "w": unknown key "x"`},
		{raw(tensor(`{"dtype":8,"shape":[8],"data_offsets":[0,8]}`), 8), `tensor "w": dtype: byte 14 of the header is '8', want a string`},
		{raw(tensor(`{"dtype":"u8","shape":[8],"data_offsets":[0,8]}`), 8), `tensor "w": unknown dtype "u8"`},
		{raw(tensor(`{"dtype":"F128","shape":[1],"data_offsets":[0,16]}`), 16), `unknown dtype "F128"`},
		{raw(shape(`8`), 8), `tensor "w": shape: byte 27 of the header is '8', want an array`},
		{raw(shape(`null`), 8), "want an array"},
		{raw(shape(`["8"]`), 8), "want a whole number"},
		{raw(shape(`[8,]`), 8), "want a whole number"},
		{raw(shape(`[8 1]`), 8), "want a comma or ]"},
		{raw(shape(`[[8]]`), 8), "want a whole number"},
		{raw(shape(`[-8]`), 8), "-8 is not a whole number of 0 or more"},
		{raw(shape(`[-0]`), 8), "-0 is not"},
		{raw(shape(`[8.0]`), 8), "8.0 is not"},
		{raw(shape(`[0.5]`), 8), "0.5 is not"},
		{raw(shape(`[8e0]`), 8), "8e0 is not"},
		{raw(shape(`[08]`), 8), "08 is not"},
		{raw(shape(`[+8]`), 8), "+8 is not"},
		{raw(shape(`[true]`), 8), "want a whole number"},
		{raw(shape(`[NaN]`), 8), "want a whole number"},
		{raw(shape(`[9223372036854775808]`), 8), "9223372036854775808 is too large"},
		{raw(shape(`[`+strings.Repeat("9", 1000)+`]`), 8), strings.Repeat("9", 40) + "… is too large"},
		{raw(shape(`[2147483647,2147483647,2147483647]`), 8), "shape [2147483647 2147483647 2147483647] × 8 bits overflows"},
		{raw(shape(`[0,2147483647,2147483647,2147483647]`), 8), "overflows"},
		{raw(shape(`[2147483647,2147483647,2147483647,0]`), 8), "overflows"},
		{raw(shape(`[2147483648,2147483648,4]`), 8), "tensor"}, // too large a number on 32 bits, else an overflow
		{raw(shape(`[`+strings.Repeat("1,", 64)+`8]`), 8), "more than 64 dimensions"},
		{raw(tensor(`{"dtype":"F4","shape":[3],"data_offsets":[0,2]}`), 2), "shape [3] × 4 bits is not a whole number of bytes"},
		{raw(tensor(`{"dtype":"F6_E3M2","shape":[3],"data_offsets":[0,2]}`), 2), "shape [3] × 6 bits is not a whole number of bytes"},
		{raw(offsets(`[0]`), 8), `tensor "w": data_offsets: 1 numbers, want 2`},
		{raw(offsets(`[]`), 8), "0 numbers, want 2"},
		{raw(offsets(`[0,8,8]`), 8), "more than 2 numbers"},
		{raw(offsets(`[-1,7]`), 8), "-1 is not a whole number"},
		{raw(offsets(`[0,8.5]`), 8), "8.5 is not a whole number"},
		{raw(offsets(`[8,0]`), 8), `tensor "w": data_offsets [8, 0] end before they begin`},
		{raw(offsets(`[0,7]`), 8), "data_offsets [0, 7] hold 7 bytes, but shape [8] of U8 needs 8"},
		{raw(offsets(`[9223372036854775800,9223372036854775807]`), 8), "hold 7 bytes, but shape [8] of U8 needs 8"},
		{raw(offsets(`[0,8]`), 7), "data_offsets [0, 8] are beyond the end: the file has 7 bytes of data"},
		{raw(offsets(`[9223372036854775799,9223372036854775807]`), 8), "are beyond the end: the file has 8 bytes"},
		{raw(tensor(`{"dtype":"F32","shape":[],"data_offsets":[0,8]}`), 8), "shape [] of F32 needs 4"},
		// all tensors together
		{raw(two(`[0,4]`, `[2,6]`), 8), `tensors "a" [0, 4] and "b" [2, 6] overlap`},
		{raw(two(`[2,6]`, `[0,4]`), 8), `tensors "b" [0, 4] and "a" [2, 6] overlap`},
		{raw(two(`[0,4]`, `[0,4]`), 8), `tensors "a" [0, 4] and "b" [0, 4] overlap`},
		{raw(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}`, 4), "overlap"},
		{raw(two(`[0,4]`, `[6,10]`), 10), `hole in the data: bytes 4 to 6, before tensor "b", belong to no tensor`},
		{raw(two(`[2,6]`, `[6,10]`), 10), `hole in the data: bytes 0 to 2, before tensor "a"`},
		{raw(w8, 9), "trailing bytes: the tensors end at byte 8 of 9"},
		{raw("{}", 1), "trailing bytes: the tensors end at byte 0 of 1"},
		// names in messages
		{raw(`{"`+strings.Repeat("é", 1000)+`":1}`, 0), `é"… (2000 bytes)`},
	} {
		_, err := open(c.file)
		if err == nil {
			t.Errorf("%.80q: no error, want %q", c.file, c.want)
			continue
		}
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%.80q: error %v does not wrap ErrFormat", c.file, err)
		}
		if !strings.HasPrefix(err.Error(), "safetensors: data: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80q: error is\n\t%v, want\n\t%q", c.file, err, c.want)
		}
		if len(err.Error()) > 500 {
			t.Errorf("%.80q: error has %d bytes", c.file, len(err.Error()))
		}
	}
}

// TestEveryByte truncates a valid file at each length, and replaces each byte of its header by every value. Each case
// must give an error or a consistent file, without a panic.
func TestEveryByte(t *testing.T) {
	good := raw(`{"__metadata__":{"a":"b"},"v":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"w":{"dtype":"U8","shape":[8],"data_offsets":[8,16]}}`, 16)
	if _, err := open(good); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := open(good[:n]); !errors.Is(err, ErrFormat) {
			t.Errorf("cut to %d bytes: error is %v", n, err)
		}
	}
	for i := range len(good) - 16 {
		for v := range 256 {
			bad := bytes.Clone(good)
			bad[i] = byte(v)
			if f, err := open(bad); err == nil {
				checkSound(t, f, bad)
			} else if !errors.Is(err, ErrFormat) {
				t.Errorf("byte %d = %d: error is %v", i, v, err)
			}
		}
	}
}

// checkSound checks that the tensors of an accepted file cover its data and can be read.
func checkSound(t *testing.T, f *File, file []byte) {
	t.Helper()
	data := file[8+binary.LittleEndian.Uint64(file):]
	covered := int64(0)
	for _, name := range f.Names() {
		info, ok := f.Info(name)
		if !ok || info.Name != name || info.Start < 0 || info.Start > info.End || info.End > int64(len(data)) {
			t.Fatalf("tensor %q is %v, the data has %d bytes", name, info, len(data))
		}
		got := make([]byte, info.End-info.Start)
		if err := f.ReadAt(name, got, 0); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, data[info.Start:info.End]) {
			t.Fatalf("tensor %q reads as other bytes than %d to %d", name, info.Start, info.End)
		}
		covered += info.End - info.Start
	}
	if covered != int64(len(data)) {
		t.Fatalf("the tensors cover %d of %d bytes", covered, len(data))
	}
}

// TestMemory measures the memory that NewReader allocates for headers with large claims.
func TestMemory(t *testing.T) {
	tensor := `{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, `"%x":%s,`, i, tensor)
	}
	var keys strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&keys, `"%x":"",`, i)
	}
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"a header of 100 MB that is not there", append(binary.LittleEndian.AppendUint64(nil, 1e8), "{}"...)},
		{"a tensor of exabytes", raw(`{"w":{"dtype":"U8","shape":[9000000000000000000],"data_offsets":[0,9000000000000000000]}}`, 8)},
		{"many dimensions", raw(`{"w":{"dtype":"U8","shape":[`+strings.Repeat("1,", 50000)+`1],"data_offsets":[0,1]}}`, 1)},
		{"deep nesting", raw(strings.Repeat(`{"a":`, 50000), 0)},
		{"deep arrays", raw(`{"a":{"shape":`+strings.Repeat(`[`, 50000), 0)},
		{"a long name", raw(`{"`+strings.Repeat("a", 50000)+`":{}}`, 0)},
		{"many tensors", raw("{"+strings.TrimSuffix(many.String(), ",")+"}", 0)},
		{"many dimensions each", raw("{"+strings.ReplaceAll(strings.TrimSuffix(many.String(), ","), "[0]",
			"["+strings.Repeat("0,", 63)+"0]")+"}", 0)},
		{"much metadata", raw(`{"__metadata__":{`+strings.TrimSuffix(keys.String(), ",")+`}}`, 0)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := open(c.file)
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(f)
		// Short metadata needs the most memory per byte: 9 bytes give two strings in a map, which doubles as it grows.
		used, allowed := after.TotalAlloc-before.TotalAlloc, uint64(24*len(c.file)+8192)
		t.Logf("%s: %d bytes of file, %d bytes allocated, error %.80v", c.name, len(c.file), used, err)
		if used > allowed {
			t.Errorf("%s: %d bytes of file made Open allocate %d", c.name, len(c.file), used)
		}
	}
}

func TestReadAt(t *testing.T) {
	f, err := open(raw(`{"v":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"w":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}`, 8))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 3)
	for _, c := range []struct {
		name string
		n    int
		off  int64
		want string // hexadecimal bytes, or part of the error
	}{
		{"v", 3, 0, "000102"},
		{"w", 3, 0, "030405"},
		{"w", 3, 2, "050607"},
		{"w", 0, 5, ""},
		{"v", 3, 1, `tensor "v" has 3 bytes, cannot read 3 from byte 1`},
		{"w", 3, 3, "has 5 bytes"},
		{"w", 0, 6, "from byte 6"},
		{"w", 1, -1, "from byte -1"},
		{"w", 1, 1<<63 - 1, "from byte 9223372036854775807"},
		{"x", 1, 0, `no tensor "x"`},
	} {
		got := ""
		if err := f.ReadAt(c.name, p[:c.n], c.off); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprintf("%x", p[:c.n])
		}
		if got != c.want && (got == "" || c.want == "" || !strings.Contains(got, c.want)) {
			t.Errorf("ReadAt(%q, %d bytes, %d) gives %q, want %q", c.name, c.n, c.off, got, c.want)
		}
	}
	if info, ok := f.Info("x"); ok {
		t.Errorf("Info of an absent tensor is %v", info)
	}
}

// TestCallersCannotChangeFile modifies the results of the methods.
func TestCallersCannotChangeFile(t *testing.T) {
	f, err := open(raw(`{"__metadata__":{"a":"b"},"w":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}}`, 8))
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Info("w")
	info.Shape[0] = 99
	f.Names()[0] = "x"
	f.Metadata()["a"] = "c"
	again, ok := f.Info("w")
	if !ok || again.Shape[0] != 2 || f.Names()[0] != "w" || f.Metadata()["a"] != "b" {
		t.Errorf("changed to %v %v %v", again, f.Names(), f.Metadata())
	}
}

// shrinking is a reader with fewer bytes than its size.
type shrinking struct {
	io.ReaderAt
	err error
}

func (s shrinking) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil {
		err = s.err
	}
	return n, err
}

func TestDiskErrors(t *testing.T) {
	broken := errors.New("broken disk")
	file := raw(w8, 8)
	for _, n := range []int{0, 8, 20, len(file) - 1} {
		for _, c := range []struct{ give, want error }{{broken, broken}, {io.EOF, io.ErrUnexpectedEOF}} {
			f, err := NewReader(shrinking{bytes.NewReader(file[:n]), c.give}, int64(len(file)))
			if err == nil {
				err = f.ReadAt("w", make([]byte, 8), 0)
			}
			if !errors.Is(err, c.want) || errors.Is(err, ErrFormat) {
				t.Errorf("%d bytes: error is %v, want %v", n, err, c.want)
			}
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("absent file: error is %v", err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), dir) {
		t.Errorf("folder: error is %v", err)
	}
	if err := os.WriteFile(path, raw(w8, 7), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"w"`) {
		t.Errorf("bad file: error is %v", err)
	}
	if err := os.WriteFile(path, raw(w8, 8), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			p := make([]byte, 8)
			if err := f.ReadAt("w", p, 0); err != nil || p[7] != 7 {
				t.Errorf("read %v, %v", p, err)
			}
		})
	}
	readers.Wait()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.ReadAt("w", make([]byte, 8), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("reading after Close: error is %v", err)
	}
}
