package npy_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lamina-ml/lamina/data/npy"
	"github.com/lamina-ml/lamina/tensor"
)

// golden is the folder of testdata/torch/data_npy.py's output.
const golden = "../../testdata/torch/data/npy"

type goldenArray struct {
	File, Array, Kind string
	Shape             []int
	Values            []any
}

func goldenIndex(t testing.TB) (index []goldenArray) {
	t.Helper()
	f, err := os.Open(filepath.Join(golden, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	if err := d.Decode(&index); err != nil || len(index) < 30 {
		t.Fatalf("%d golden arrays, %v", len(index), err)
	}
	return index
}

func TestGolden(t *testing.T) {
	for _, g := range goldenIndex(t) {
		var x tensor.Tensor
		var err error
		path := filepath.Join(golden, g.File)
		if g.Array == "" {
			x, err = npy.Load(path)
		} else {
			var all map[string]tensor.Tensor
			if all, err = npy.LoadArchive(path); len(all) != 4 {
				t.Errorf("%s: %d arrays", g.File, len(all))
			}
			x = all[g.Array]
		}
		if err != nil {
			t.Errorf("%s %s: %v", g.File, g.Array, err)
			continue
		}
		if x.Shape() != tensor.ShapeOf(g.Shape...) || x.DType().IsFloat() != (g.Kind == "f") ||
			(x.DType() == tensor.Bool) != (g.Kind == "b") {
			t.Errorf("%s %s: %v %v, want %v of kind %s", g.File, g.Array, x.DType(), x.Shape(), g.Shape, g.Kind)
		}
		var floats []float64
		var ints []int64
		switch {
		case g.Kind == "i" || g.Kind == "u":
			ints = x.Cast(tensor.Int64).Int64s()
			floats = make([]float64, len(ints))
		case x.DType() == tensor.Float16:
			for b := x.Bytes(); len(b) > 0; b = b[2:] {
				floats = append(floats, half(binary.LittleEndian.Uint16(b)))
			}
		default:
			floats = x.Cast(tensor.Float64).Float64s()
		}
		for i, v := range g.Values {
			ok := false
			switch v := v.(type) {
			case bool:
				ok = v == (floats[i] == 1) && (floats[i] == 0 || floats[i] == 1)
			case json.Number:
				if n, err := v.Int64(); err == nil && ints != nil {
					ok = n == ints[i]
				} else {
					f, err := v.Float64()
					ok = err == nil && f == floats[i]
				}
			}
			if !ok {
				t.Errorf("%s %s: element %d is %v, want %v", g.File, g.Array, i, floats[i], v)
			}
		}
	}
}

// half returns the value of a float16 that is zero or normal.
func half(bits uint16) float64 {
	v := math.Ldexp(1+float64(bits&1023)/1024, int(bits>>10&31)-15)
	if bits&0x7fff == 0 {
		v = 0
	}
	if bits>>15 == 1 {
		v = -v
	}
	return v
}

// brain returns a bfloat16 tensor, whose type NumPy does not have.
func brain() tensor.Tensor { return tensor.Options{DType: tensor.BFloat16}.FromBytes([]byte{0, 0}, 1) }

// Write writes the bytes that NumPy writes, for all types that tensors have.
func TestWriteAsNumPy(t *testing.T) {
	n := 0
	for _, g := range goldenIndex(t) {
		if g.Array != "" || !slices.Contains([]string{"little_b1.npy", "little_u1.npy", "little_i1.npy",
			"little_i2.npy", "little_i4.npy", "little_i8.npy", "little_f2.npy",
			"little_f4.npy", "little_f8.npy", "scalar.npy", "empty.npy", "empty_rows.npy", "long.npy"}, g.File) {
			continue
		}
		n++
		path := filepath.Join(golden, g.File)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		x, err := npy.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := npy.Write(&got, x); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: written %q, %v; want %q", g.File, got.Bytes(), err, want)
		}
	}
	if n != 13 {
		t.Errorf("compared %d files", n)
	}
}

func TestRefused(t *testing.T) {
	for name, text := range map[string]string{
		"complex": `byte 20: the elements are of type "<c8"`, "object": `"|O"`, "text": `"<U2"`, "date": `"<M8[D]"`, "record": "records",
		"rank11": "more than 10 dimensions", "big_uint64": "byte 136: element 1 is 9223372036854775808, want at most 9223372036854775807",
	} {
		path := filepath.Join(golden, "refused_"+name+".npy")
		_, err := npy.Load(path)
		var bad *npy.FormatError
		if !errors.As(err, &bad) || bad.Path != path || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var w bytes.Buffer
	if err := npy.Write(&w, brain()); err == nil || !strings.Contains(err.Error(), "bfloat16") || w.Len() > 0 {
		t.Errorf("bfloat16: %v", err)
	}
}

// file returns a file of version 1 with the given header and elements.
func file(header string, data ...byte) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(header)))
	return append(append(b, header...), data...)
}

func TestHeaderForms(t *testing.T) {
	for _, header := range []string{
		"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }",
		"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1)}\n",
		`{"shape":(2L,1L,),"fortran_order":False,"descr":"|u1"}   `,
		" { 'fortran_order' :\tFalse , 'descr':'|u1','shape':( 2 ,1 ) } \n",
	} {
		x, err := npy.Read(bytes.NewReader(file(header, 7, 8)))
		if err != nil || x.Shape() != tensor.ShapeOf(2, 1) || !bytes.Equal(x.Bytes(), []byte{7, 8}) {
			t.Errorf("%q: %v, %v", header, x, err)
		}
	}
}

// Element types as other programs write them; NumPy's dtype accepts them all. The elements are 1, 2.
func TestTypeForms(t *testing.T) {
	native, other := "<", ">"
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		native, other = other, native
	}
	for _, c := range []struct {
		forms string // separated by spaces
		same  string // as NumPy writes it
	}{
		{"=f4 f4 |f4 float32 single f =f |f " + native + "f", native + "f4"},
		{other + "f", other + "f4"},
		{"=f8 f8 float64 double float d", native + "f8"},
		{"=f2 f2 float16 half e", native + "f2"},
		{"i1 =i1 <i1 >i1 int8 byte b <b >b", "|i1"},
		{"u1 =u1 <u1 >u1 uint8 ubyte B", "|u1"},
		{"b1 =b1 <b1 >b1 bool bool_ ? =? |?", "|b1"},
		{"=i2 i2 int16 short h", native + "i2"},
		{"=u2 u2 uint16 ushort H", native + "u2"},
		{"=i4 i4 |i4 int32 intc i", native + "i4"},
		{other + "i", other + "i4"},
		{"=u4 u4 uint32 uintc I", native + "u4"},
		{"=i8 i8 int64 longlong int q", native + "i8"},
		{"=u8 u8 uint64 ulonglong uint Q", native + "u8"},
	} {
		header := func(descr string) string {
			return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }"
		}
		data := make([]byte, 2*int(c.same[2]-'0'))
		data[0] = 1
		want, err := npy.Read(bytes.NewReader(file(header(c.same), data...)))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range strings.Fields(c.forms) {
			x, err := npy.Read(bytes.NewReader(file(header(form), data...)))
			if err != nil || x.DType() != want.DType() || x.Shape() != want.Shape() || !bytes.Equal(x.Bytes(), want.Bytes()) {
				t.Errorf("%s: %v, %v; want %v as of %s", form, x, err, want, c.same)
			}
		}
	}
	for _, bad := range []string{"", "=", "<", ">?1", "<float32", "l", "L", "float128", "<f3", "f44", "(2,)f4", "f4,f4"} {
		_, err := npy.Read(bytes.NewReader(file("{'descr': '"+bad+"', 'fortran_order': False, 'shape': (2,), }", make([]byte, 16)...)))
		if err == nil || !strings.Contains(err.Error(), "byte 20: the elements are of type") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The error names a file's actual format.
func TestForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	npz, err := os.ReadFile(filepath.Join(golden, "plain.npz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		content []byte
		want    string
	}{
		{npz, "this is a NumPy archive (.npz): npy.LoadArchive reads it"},
		{[]byte("\x80\x04\x95\n\x00\x00\x00\x00\x00\x00\x00}"), "a Python pickle"},
		{[]byte("x,y\n1,2\n"), `text that begins "x,y\n1,2\n"`},
	} {
		if err := os.WriteFile(path, c.content, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := npy.Load(path)
		var bad *npy.FormatError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := npy.Save(path, tensor.Ones(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := npy.LoadArchive(path); err == nil || !strings.Contains(err.Error(), path) ||
		!strings.Contains(err.Error(), "a NumPy array (.npy)") {
		t.Errorf("an array as an archive: %v", err)
	}
}

func TestBadFiles(t *testing.T) {
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
	with := func(old, new string) []byte { return file(strings.Replace(good, old, new, 1), 0, 0, 0, 0) }
	for name, test := range map[string]struct {
		file  []byte
		text  string
		cause error
	}{
		"empty":               {nil, "byte 0: in the magic number", io.ErrUnexpectedEOF},
		"other magic":         {[]byte("\x93NUMPI\x01\x00"), "byte 0: magic number", nil},
		"version":             {[]byte("\x93NUMPY\x04\x00"), "byte 6: version 4", nil},
		"no length":           {[]byte("\x93NUMPY\x01\x00\x00"), "byte 9: in the length", io.ErrUnexpectedEOF},
		"header cut":          {file(good)[:30], "byte 30: in the header", io.ErrUnexpectedEOF},
		"huge header":         {[]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), "byte 12: a header of 4294967295 bytes", nil},
		"no header":           {file(""), "byte 10: want '{' here", nil},
		"not closed":          {with("}", ""), "byte 66: want a quoted string here", nil},
		"data cut":            {file(good, 1, 2, 3), "byte 70: after 3 of the 4 bytes that <f4 (1,) takes", io.ErrUnexpectedEOF},
		"data missing":        {file(good), "after 0 of the 4 bytes", io.ErrUnexpectedEOF},
		"more data":           {file(good, 1, 2, 3, 4, 5), "byte 71: more bytes than <f4 (1,) takes", nil},
		"trailing":            {with("}", "} x"), "want the end of the header here", nil},
		"key twice":           {with("'fortran_order': False", "'descr': '<f4'"), `key "descr" occurs twice`, nil},
		"unknown key":         {with("fortran_order", "order"), `unknown key "order"`, nil},
		"missing key":         {with("'fortran_order': False,", ""), `key "fortran_order" is missing`, nil},
		"no colon":            {with("'descr':", "'descr'"), "want ':' here", nil},
		"no comma":            {with("False,", "False"), "want ',' or '}' here", nil},
		"order":               {with("False", "0"), "want True or False here", nil},
		"descr":               {with("'<f4'", "4"), "want a quoted string here", nil},
		"open text":           {with("'<f4'", "'<f4"), "of type", nil},
		"float of 16":         {with("<f4", "<f16"), `"<f16"`, nil},
		"unknown order":       {with("<f4", "!f4"), `"!f4"`, nil},
		"no tuple":            {with("(1,)", "[1]"), "want '(' here", nil},
		"number":              {with("(1,)", "(1)"), "want ',' here", nil},
		"negative size":       {with("(1,)", "(-1,)"), "want a size here", nil},
		"size not a number":   {with("(1,)", "(a,)"), "want a size here", nil},
		"tuple not separated": {with("(1,)", "(1, 2 3)"), "want ',' or ')' here", nil},
		"huge size":           {with("(1,)", "(99999999999999999999,)"), "want a size here", nil},
		"huge shape":          {with("(1,)", "(4294967296, 4294967296)"), "overflows the size of memory", nil},
		"huge empty shape":    {with("(1,)", "(0, 4294967296, 4294967296)"), "overflows the size of memory", nil},
		"lie":                 {with("(1,)", "(1000000000000,)"), "after 4 of the 4000000000000 bytes", io.ErrUnexpectedEOF},
		"no boolean": {file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 0, 1, 2),
			"byte 69: element 2 is 2, want a boolean of 0 or 1", nil},
	} {
		path := filepath.Join(t.TempDir(), "x.npy")
		if err := os.WriteFile(path, test.file, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := npy.Load(path)
		var bad *npy.FormatError
		if !errors.As(err, &bad) || bad.Path != path || !strings.Contains(err.Error(), test.text) ||
			test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: %v, want %s", name, err, test.text)
		}
	}
	if _, err := npy.Load(filepath.Join(t.TempDir(), "none.npy")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Read reads arrays that follow one another.
func TestReadSequence(t *testing.T) {
	var b bytes.Buffer
	want := []tensor.Tensor{tensor.From([]float32{1, 2}), tensor.Scalar(int64(3)), tensor.From([]uint8{4, 5, 6}, 3, 1)}
	for _, x := range want {
		if err := npy.Write(&b, x); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range want {
		x, err := npy.Read(&b)
		if err != nil || x.Shape() != w.Shape() || x.DType() != w.DType() || !bytes.Equal(x.Bytes(), w.Bytes()) {
			t.Errorf("array %d: %v, %v", i, x, err)
		}
	}
	for _, r := range []io.Reader{&b, iotest.DataErrReader(&b), iotest.OneByteReader(&b)} {
		if _, err := npy.Read(r); err != io.EOF {
			t.Errorf("after the last array: %v, want io.EOF itself", err)
		}
	}
	if _, err := npy.Read(strings.NewReader("\x93")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an array of one byte: %v", err)
	}
	if _, err := npy.Read(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// An array longer than the first buffer, and a view that is not contiguous.
func TestSaveAndLoad(t *testing.T) {
	values := make([]float64, 30011)
	for i := range values {
		values[i] = math.Sqrt(float64(i))
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	for _, x := range []tensor.Tensor{tensor.From(values), tensor.From(values[:30000], 100, 300).T()} {
		if err := npy.Save(path, x); err != nil {
			t.Fatal(err)
		}
		got, err := npy.Load(path)
		if err != nil || got.Shape() != x.Shape() || !reflect.DeepEqual(got.Float64s(), x.Float64s()) {
			t.Errorf("%v does not come back: %v", x.Shape(), err)
		}
	}
	if err := npy.Save(filepath.Join(path, "y.npy"), tensor.Zeros(1)); err == nil {
		t.Error("a file as folder")
	}
	if err := npy.Save(path, brain()); err == nil {
		t.Error("bfloat16 saved")
	}
	if x, err := npy.Load(path); err != nil || x.Shape() != tensor.ShapeOf(300, 100) {
		t.Errorf("the file after a failed Save: %v", err)
	}
}

func TestArchive(t *testing.T) {
	arrays := map[string]tensor.Tensor{"b": tensor.From([]float32{1, 2}), "a/x": tensor.Scalar(3.5), "": tensor.Zeros(0, 2)}
	for _, compress := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "x.npz")
		if err := npy.SaveArchive(path, arrays, compress); err != nil {
			t.Fatal(err)
		}
		a, err := npy.OpenArchive(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Names(); !reflect.DeepEqual(got, []string{"", "a/x", "b"}) {
			t.Errorf("names %q", got)
		}
		for name, want := range arrays {
			x, err := a.Read(name)
			if err != nil || x.Shape() != want.Shape() || !bytes.Equal(x.Bytes(), want.Bytes()) {
				t.Errorf("array %q: %v, %v", name, x, err)
			}
		}
		if _, err := a.Read("c"); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"a/x"`) {
			t.Errorf("no such array: %v", err)
		}
		a.Limit = 7
		var bad *npy.FormatError
		if _, err := a.Read("b"); !errors.As(err, &bad) || bad.Path != path || bad.Array != "b" ||
			!strings.Contains(err.Error(), "the limit is 7") {
			t.Errorf("beyond the limit: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if _, err := a.Read("b"); err == nil {
			t.Error("read from a closed file")
		}
		if err := npy.SaveArchive(path, map[string]tensor.Tensor{"w": brain()}, compress); err == nil ||
			!strings.Contains(err.Error(), `array "w"`) {
			t.Errorf("bfloat16: %v", err)
		}
	}
}

func TestBadArchives(t *testing.T) {
	archive := func(method uint16, entries ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(entries); i += 2 {
			w, err := z.CreateHeader(&zip.FileHeader{Name: entries[i], Method: method})
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, entries[i+1])
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one := string(file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", 7, 8, 9))
	damaged := archive(zip.Store, "x.npy", one)
	damaged[bytes.Index(damaged, []byte{7, 8, 9})] ^= 1
	for name, test := range map[string]struct {
		file []byte
		text string
	}{
		"not a zip":  {[]byte("PK\x03\x04 and nothing more"), "not a valid zip file"},
		"twice":      {archive(zip.Store, "x.npy", one, "x.npy", one), `array "x" occurs twice`},
		"not an npy": {archive(zip.Store, "x.npy", "hello, world"), `array "x": byte 0: magic number`},
		"cut":        {archive(zip.Deflate, "x.npy", one[:len(one)-1]), "after 2 of the 3 bytes"},
		"more":       {archive(zip.Deflate, "x.npy", one+"!"), "more bytes than |u1 (3,) takes"},
		"checksum":   {damaged, "checksum"},
		"no arrays":  {archive(zip.Store, "readme.txt", "hello"), "it holds no arrays, want entries named *.npy; this is a ZIP archive"},
		"PyTorch": {archive(zip.Store, "model/data.pkl", "\x80\x02."),
			"it holds no arrays, want entries named *.npy; this is a PyTorch file"},
		"other files": {archive(zip.Store, "readme.txt", "hello", "x.npy", "?"), `array "x": byte 1: in the magic number`},
	} {
		path := filepath.Join(t.TempDir(), "x.npz")
		if err := os.WriteFile(path, test.file, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := npy.LoadArchive(path); err == nil || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v, want %s", name, err, test.text)
		}
	}
}

// FuzzRead checks that Read returns an error, or an array that Write and Read reproduce.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(golden, "*.npy"))
	if err != nil || len(paths) < 20 {
		f.Fatalf("%d golden files, %v", len(paths), err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(file("{'descr': '|u1', 'fortran_order': True, 'shape': (2,2), }", 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := npy.Read(bytes.NewReader(b))
		if err == io.EOF && len(b) == 0 {
			return
		}
		if err != nil {
			if bad := (*npy.FormatError)(nil); !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > int64(len(b)) {
				t.Fatalf("%#v", err)
			}
			return
		}
		var again bytes.Buffer
		if err := npy.Write(&again, x); err != nil {
			t.Fatal(err)
		}
		y, err := npy.Read(&again)
		if err != nil || y.Shape() != x.Shape() || y.DType() != x.DType() || !bytes.Equal(y.Bytes(), x.Bytes()) {
			t.Fatalf("%v became %v, %v", x, y, err)
		}
	})
}

// FuzzArchive checks that an archive gives errors or arrays, without a panic and without memory beyond the limit.
func FuzzArchive(f *testing.F) {
	for _, name := range []string{"plain.npz", "compressed.npz"} {
		b, err := os.ReadFile(filepath.Join(golden, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := npy.NewArchive(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		a.Limit = 1 << 20
		for _, name := range a.Names() {
			if x, err := a.Read(name); err == nil && x.Len() > 1<<20 {
				t.Fatalf("%q: %d elements", name, x.Len())
			}
		}
	})
}
