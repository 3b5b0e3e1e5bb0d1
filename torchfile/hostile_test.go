package torchfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// file returns a zip file as torch.save writes it, with the given pickle and one storage "0" of bytes.
func file(t testing.TB, pickle string, storage []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range map[string][]byte{"x/data.pkl": []byte(pickle), "x/data/0": storage} {
		e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		e.Write(data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rebuilt is a pickle of one tensor with the given instructions for offset, shape and stride, in a storage of 4
// float32.
func rebuilt(arguments string) string {
	return "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ" +
		arguments + "\x89}tR."
}

// TestHostile reads files that break rules. Each must give an error that says what is wrong, without a crash.
func TestHostile(t *testing.T) {
	four := make([]byte, 16)
	for name, c := range map[string]struct{ pickle, want string }{
		"system call": {"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R0.",
			"too few values"}, // never called; the result is dropped
		"instruction":          {"\x80\x02i", "instruction 0x69 is refused"},
		"protocol 0":           {"(dp0\n.", "instruction 0x64"},
		"end":                  {"\x80\x02", "ends within the pickle"},
		"stack":                {"\x80\x02R.", "too few values"},
		"mark":                 {"\x80\x02t.", "no mark"},
		"memo":                 {"\x80\x02h\x05.", "memo has no value 5"},
		"length":               {"\x80\x02X\xff\xff\xff\x7fabc.", "bytes are announced"},
		"integer":              {"\x80\x02\x8b\xff\xff\xff\x7f.", "an integer of 2147483647 bytes"},
		"contains itself":      {"\x80\x02]q\x00h\x00a.", "contains itself"},
		"negative shape":       {rebuilt("K\x00J\xff\xff\xff\xff\x85K\x01\x85"), "negative shape"},
		"negative offset":      {rebuilt("J\xff\xff\xff\xffK\x01\x85K\x01\x85"), "offset -1"},
		"beyond the end":       {rebuilt("K\x01K\x04\x85K\x01\x85"), "does not fit into a storage of 4 elements"},
		"large stride":         {rebuilt("K\x00K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"), "does not fit"},
		"negative stride":      {rebuilt("K\x03K\x02\x85J\xff\xff\xff\xff\x85"), "does not fit"},
		"expanded without end": {rebuilt("K\x00J\x00\x00\x00\x40\x85K\x00\x85"), "more than four times as many bytes"},
		"shape and stride":     {rebuilt("K\x00K\x02\x85)"), "strides []"},
		"no storage":           {strings.Replace(rebuilt("K\x00K\x02\x85K\x01\x85"), "\x000X", "\x007X", 1), "no entry x/data/7"},
		"key contains itself":  {"\x80\x02}]q\x00h\x00aNs.", "contains itself"},
		"deep key":             {"\x80\x02}" + strings.Repeat("]", 2000) + strings.Repeat("a", 1999) + "Ns.", "too large"},
		"dropped buffer":       {module("}X\x01\x00\x00\x00b]q\x00h\x00as", "]X\x01\x00\x00\x00ba"), "contains itself"},
		"empty and huge":       {rebuilt("K\x00K\x00\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x86K\x01K\x01\x86"), "shape"},
		"many dimensions": {rebuilt("K\x00(" + strings.Repeat("K\x01", 65) + "t(" + strings.Repeat("K\x01",
			65) + "t"), "at most 64 dimensions"},
		"long name": {"\x80\x04X\xe9\x03\x00\x00" + strings.Repeat("m", 1001) + "X\x01\x00\x00\x00n\x93.",
			"longer than 1000 bytes"},
		"leaves the archive": {strings.Replace(rebuilt("K\x00K\x02\x85K\x01\x85"), "X\x01\x00\x00\x000",
			"X\x08\x00\x00\x00../../..", 1), "no entry x/data/../../.."},
	} {
		f := file(t, c.pickle, four)
		_, err := Read(bytes.NewReader(f), int64(len(f)))
		if err == nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
	}
	f := file(t, rebuilt("K\x00K\x02\x85K\x02\x85"), four)
	if c, err := Read(bytes.NewReader(f), int64(len(f))); err != nil || c.Tensors[""].Shape().Size() != 2 {
		t.Error("the sound file of this test gives", c, err)
	}
}

// TestNoArguments reads dictionaries that are made without arguments: an empty defaultdict() is one.
func TestNoArguments(t *testing.T) {
	for _, name := range []string{"Counter", "defaultdict", "OrderedDict"} {
		f := file(t, "\x80\x02ccollections\n"+name+"\n)R.", nil)
		if c, err := Read(bytes.NewReader(f), int64(len(f))); err != nil {
			t.Error(name, err)
		} else if d, ok := c.Root.(*Dict); !ok || len(d.Items) > 0 {
			t.Errorf("%s() is read as %v", name, c.Root)
		}
	}
}

// module is a pickle of a module with the given instructions for _buffers and _non_persistent_buffers_set.
func module(buffers, temporary string) string {
	return "\x80\x02cm\nM\n)R}(X\x08\x00\x00\x00_modules}X\x08\x00\x00\x00_buffers" + buffers +
		"X\x1b\x00\x00\x00_non_persistent_buffers_set" + temporary + "ub."
}

// TestBytesAsKeys reads a module whose buffer and whose set of temporary buffers have bytes as names. Bytes cannot be
// compared by ==.
func TestBytesAsKeys(t *testing.T) {
	f := file(t, module("}C\x01bNs", "]C\x01ba"), nil)
	if _, err := Read(bytes.NewReader(f), int64(len(f))); err != nil {
		t.Error(err)
	}
}

// TestCopies reads pickles that copy one large value many times: files of some kilobytes that would need gigabytes.
func TestCopies(t *testing.T) {
	const copies = 5000
	long := strings.Repeat("p", 1<<20)
	for name, pickle := range map[string]string{
		"entries of a dictionary": "\x80\x02]q\x00(" + strings.Repeat("NN\x86", 100_000) + "eccollections\nOrderedDict\nq\x010(" +
			strings.Repeat("h\x01h\x00\x85R", copies) + "t.",
		"attributes of an object": "\x80\x02}q\x00(" + strings.Repeat("NN",
			100_000) + "ucm\nC\n)R}b" + strings.Repeat("h\x00b", copies) + "\x86.",
		"keys": strings.TrimSuffix(strings.Replace(rebuilt("K\x00K\x02\x85K\x01\x85"), "\x80\x02",
			"\x80\x02}X\x00\x00\x10\x00"+long+"](", 1), ".") +
			"q\x000" + strings.Repeat("h\x00", copies) + "es.",
	} {
		f := file(t, pickle, make([]byte, 16))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(bytes.NewReader(f), int64(len(f)))
		runtime.ReadMemStats(&after)
		if err == nil || !errors.Is(err, ErrFormat) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
			t.Errorf("%s: a file of %d bytes took %d bytes of memory: %v", name, len(f), used, err)
		}
	}
}

// TestBomb reads a pickle of lists that contain the list before twice: 2^40 paths in 300 bytes.
func TestBomb(t *testing.T) {
	p := "\x80\x02]q\x00"
	for i := range 40 {
		p += "](h" + string(rune(i)) + "h" + string(rune(i)) + "eq" + string(rune(i+1))
	}
	f := file(t, p+".", nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(bytes.NewReader(f), int64(len(f)))
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("a pickle with 2^40 paths was read")
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("it took %d bytes of memory", used)
	}
}

// FuzzRead checks that no file crashes the reader or makes it allocate much more than the file's size.
func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob("../testdata/torch/torchfile/*.pt")
	if len(paths) == 0 {
		f.Fatal("no golden files")
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		if r, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
			for _, e := range r.File {
				if strings.HasSuffix(e.Name, "/data.pkl") {
					if program, err := readEntry(e, 1<<20); err == nil {
						f.Add(program)
					}
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			return
		}
		for _, data := range [][]byte{b, file(t, string(b), make([]byte, 4096))} {
			c, err := Read(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				if !errors.Is(err, ErrFormat) {
					t.Fatal(err)
				}
				continue
			}
			total, seen := 0, map[tensor.Tensor]bool{}
			for _, x := range c.Tensors {
				if !seen[x] {
					seen[x] = true
					total += len(x.Bytes())
				}
			}
			if most := 4*len(data) + 1<<20; total > most {
				t.Fatalf("the tensors of a file of %d bytes have %d bytes", len(data), total)
			}
		}
	})
}
