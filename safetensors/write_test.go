package safetensors

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadEntries(t *testing.T) {
	data := func(n int) io.WriterTo { return bytes.NewReader(make([]byte, n)) }
	meta := func(k, v string) map[string]string { return map[string]string{k: v} }
	for _, c := range []struct {
		entries  []Entry
		metadata map[string]string
		want     string
		before   bool // before the first byte is written
	}{
		{[]Entry{{"w", "f32", nil, data(4)}}, nil, `tensor "w": unknown dtype "f32"`, true},
		{[]Entry{{"w", "", nil, data(4)}}, nil, `unknown dtype ""`, true},
		{[]Entry{{"w", F32, []int{-1}, data(4)}}, nil, `tensor "w": shape [-1] has a negative dimension`, true},
		{[]Entry{{"w", F32, []int{0, -1}, data(4)}}, nil, "negative dimension", true},
		{[]Entry{{"w", F32, make([]int, 65), data(0)}}, nil, "65 dimensions, want at most 64", true},
		{[]Entry{{"w", F32, []int{1 << 30, 1 << 30, 1 << 30}, data(0)}}, nil, "overflows", true},
		{[]Entry{{"v", U8, []int{1 << 30, 1 << 29}, data(0)}, {"w", U8, []int{1 << 30, 1 << 29, 15}, data(0)}}, nil, "", false},
		{[]Entry{{"w", F4, []int{3}, data(2)}}, nil, "whole number of bytes", true},
		{[]Entry{{"w", F32, nil, data(4)}, {"v", F32, nil, data(4)}, {"w", F64, nil, data(8)}}, nil,
			`tensor "w": the name occurs twice`, true},
		{[]Entry{{"__metadata__", F32, nil, data(4)}}, nil, "the name is reserved", true},
		{[]Entry{{"\xff", F32, nil, data(4)}}, nil, "the name is not valid UTF-8", true},
		{nil, meta("\xff", ""), "not valid UTF-8", true},
		{nil, meta("k", "\xed\xa0\x80"), `metadata "k": "\xed\xa0\x80" is not valid UTF-8`, true},
		{nil, meta("k", strings.Repeat("x", maxHeader)), "100000032 bytes, want at most 100000000", true},
		{[]Entry{{"w", F32, []int{2}, data(7)}}, nil, `tensor "w": the data ends after 7 of the 8 bytes`, false},
		{[]Entry{{"w", F32, []int{2}, nil}}, nil, "the data ends after 0 of the 8 bytes", false},
		{[]Entry{{"w", F32, []int{2}, data(9)}}, nil, `tensor "w": the data is longer`, false},
		{[]Entry{{"w", F32, []int{0}, data(1)}}, nil, "the data is longer", false},
	} {
		var b bytes.Buffer
		err := Write(&b, c.entries, c.metadata)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error is %.200v, want one with %q", err, c.want)
		}
		if c.before && b.Len() > 0 {
			t.Errorf("%s: %d bytes were written before", c.want, b.Len())
		}
	}
}

func TestWriteLeavesEntriesAlone(t *testing.T) {
	entries := []Entry{{"b", U8, nil, bytes.NewReader([]byte{1})}, {"a", F32, []int{0}, nil}}
	if err := Write(io.Discard, entries, nil); err != nil {
		t.Fatal(err)
	}
	if entries[0].Name != "b" || entries[1].Name != "a" {
		t.Errorf("entries are now %v", entries)
	}
}

// limited fails after n bytes.
type limited struct{ n int }

var errFull = errors.New("full")

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.n {
		n := l.n
		l.n = 0
		return n, errFull
	}
	l.n -= len(p)
	return len(p), nil
}

func TestWriterErrors(t *testing.T) {
	write := func(w io.Writer) error {
		return Write(w, []Entry{{"w", F32, []int{2}, bytes.NewReader(make([]byte, 8))}}, nil)
	}
	var whole bytes.Buffer
	if err := write(&whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		if err := write(&limited{n}); !errors.Is(err, errFull) || errors.Is(err, ErrFormat) {
			t.Errorf("room for %d bytes: error is %v", n, err)
		}
	}
	if err := write(&limited{whole.Len()}); err != nil {
		t.Error(err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	entry := func(n int) []Entry { return []Entry{{"w", U8, []int{n}, bytes.NewReader(make([]byte, n))}} }
	if err := WriteFile(path, entry(100_000), map[string]string{"epoch": "1"}); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := entry(200_000)
	bad[0].Shape[0]++
	if err := WriteFile(path, bad, nil); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, old) {
		t.Errorf("a failed write changed the file (%v)", err)
	}
	if err := WriteFile(path, entry(10), map[string]string{"epoch": "2"}); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if info, ok := f.Info("w"); !ok || info.End != 10 || f.Metadata()["epoch"] != "2" {
		t.Errorf("the file holds %v, metadata %v", info, f.Metadata())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestBits(t *testing.T) {
	for d, want := range map[DType]int{Bool: 8, F4: 4, F6E2M3: 6, F8E4M3: 8, BF16: 16, F32: 32, C64: 64, U64: 64, "F128": 0, "": 0} {
		if got := d.Bits(); got != want {
			t.Errorf("%q has %d bits, want %d", d, got, want)
		}
	}
}
