package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzRead checks that a file gives an error that wraps ErrFormat, or a consistent file that Write and NewReader
// reproduce. The test computes the header's length and adds wrong to it: otherwise nearly every mutation would break
// the length, and the rest would stay untested.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../testdata/torch/safetensors/*.safetensors")
	if err != nil || len(files) == 0 {
		f.Fatal("no golden files: ", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		data := 8 + binary.LittleEndian.Uint64(b)
		f.Add(b[8:data], b[data:], uint64(0))
	}
	for _, header := range []string{
		"{}", w8, `{"__metadata__":{"a":"b\ud83d\ude00"}}`,
		`{"a":{"dtype":"F4","shape":[2,0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"U8","shape":[9223372036854775807,2],"data_offsets":[0,-1e9]}}`,
	} {
		f.Add([]byte(header), []byte("8 bytes."), uint64(0))
		f.Add([]byte(header), []byte{}, ^uint64(0))
	}
	f.Fuzz(func(t *testing.T, header, data []byte, wrong uint64) {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(header))+wrong)
		b = append(append(b, header...), data...)
		file, err := open(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		checkSound(t, file, b)
		var entries []Entry
		for _, name := range file.Names() {
			info, _ := file.Info(name)
			data := make([]byte, info.End-info.Start)
			if err := file.ReadAt(name, data, 0); err != nil {
				t.Fatal(err)
			}
			entries = append(entries, Entry{name, info.DType, info.Shape, bytes.NewReader(data)})
		}
		var w bytes.Buffer
		if err := Write(&w, entries, file.Metadata()); err != nil {
			t.Fatal(err)
		}
		again, err := open(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		checkSound(t, again, w.Bytes())
		if !maps.Equal(file.Metadata(), again.Metadata()) || !slices.Equal(file.Names(), again.Names()) {
			t.Fatalf("%q %q became %q %q", file.Names(), file.Metadata(), again.Names(), again.Metadata())
		}
		for _, name := range file.Names() {
			was, _ := file.Info(name)
			is, _ := again.Info(name)
			if was.DType != is.DType || !slices.Equal(was.Shape, is.Shape) || !bytes.Equal(contents(t, file, name),
				contents(t, again, name)) {
				t.Fatalf("tensor %q was %v, is %v", name, was, is)
			}
		}
	})
}

func contents(t *testing.T, f *File, name string) []byte {
	t.Helper()
	info, _ := f.Info(name)
	p := make([]byte, info.End-info.Start)
	if err := f.ReadAt(name, p, 0); err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzRoundTrip writes two tensors of arbitrary names, types, shapes and contents, in both orders, and reads them.
func FuzzRoundTrip(f *testing.F) {
	f.Add("weight", "bias", "format", "pt", byte(17), byte(17), byte(2), byte(3), true)
	f.Add("", "\x00\"\\/\u2028😀", "", "", byte(0), byte(1), byte(0), byte(4), true)
	f.Add("same", "same", "k", "v", byte(2), byte(3), byte(4), byte(2), false)
	f.Add("__metadata__", "\xff", "\xed\xa0\x80", "v", byte(21), byte(99), byte(1), byte(1), true)
	f.Fuzz(func(t *testing.T, a, b, key, value string, da, db, n, m byte, withMetadata bool) {
		names, shape := []string{a, b}, []int{int(n), int(m) % 8}
		types := []DType{dtypes[int(da)%len(dtypes)].dtype, dtypes[int(db)%len(dtypes)].dtype}
		var metadata map[string]string
		if withMetadata {
			metadata = map[string]string{key: value, "second": "x"}
		}
		data := make([][]byte, 2)
		write := func(order ...int) ([]byte, error) {
			var entries []Entry
			for _, i := range order {
				data[i] = make([]byte, shape[0]*shape[1]*types[i].Bits()/8)
				for j := range data[i] {
					data[i][j] = byte(j*7 + i)
				}
				entries = append(entries, Entry{names[i], types[i], shape, bytes.NewReader(data[i])})
			}
			var w bytes.Buffer
			err := Write(&w, entries, metadata)
			return w.Bytes(), err
		}
		valid := a != b && a != metadataKey && b != metadataKey && utf8.ValidString(a) && utf8.ValidString(b) &&
			(!withMetadata || utf8.ValidString(key) && utf8.ValidString(value)) &&
			shape[0]*shape[1]*types[0].Bits()%8 == 0 && shape[0]*shape[1]*types[1].Bits()%8 == 0
		file, err := write(0, 1)
		if !valid {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if swapped, err := write(1, 0); err != nil || !bytes.Equal(swapped, file) {
			t.Fatalf("in the other order the file is\n%q, %v, not\n%q", swapped, err, file)
		}
		r, err := open(file)
		if err != nil {
			t.Fatal(err)
		}
		checkSound(t, r, file)
		if !maps.Equal(r.Metadata(), metadata) || (r.Metadata() == nil) != (metadata == nil) {
			t.Fatalf("metadata is %q, want %q", r.Metadata(), metadata)
		}
		for i, name := range names {
			info, ok := r.Info(name)
			if !ok || info.DType != types[i] || !slices.Equal(info.Shape, shape) || !bytes.Equal(contents(t, r, name), data[i]) {
				t.Fatalf("tensor %q is %v", name, info)
			}
		}
	})
}
