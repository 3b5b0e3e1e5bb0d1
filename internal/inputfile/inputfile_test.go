package inputfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	if err := os.WriteFile(path, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); string(b) != "content" || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	if _, err := Open(path + "y"); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path+"y") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Open(folder); !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), folder+": it is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(path, 7); string(b) != "content" || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
	if b, err := Read(path, 6); err == nil || !strings.Contains(err.Error(), path+" has more than 6 bytes") {
		t.Errorf("a longer file: read %q, %v", b, err)
	}
	if _, err := Read(path+"y", 6); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestIdentify(t *testing.T) {
	zip := func(name string) string {
		return "PK\x03\x04" + strings.Repeat("\x00", 22) + string(rune(len(name))) + "\x00\x00\x00" + name + "content"
	}
	for _, c := range []struct{ head, want string }{
		{"", "an empty file"},
		{zip("archive/data.pkl"), "a PyTorch file"},
		{zip("archive/data/0"), "a PyTorch file"},
		{zip("x.npy"), "a NumPy archive"},
		{zip("mimetype"), "a ZIP archive"},
		{"PK\x03\x04", "a ZIP archive"},
		{"PK\x03\x04" + strings.Repeat("\xff", 30), "a ZIP archive"},
		{"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file in the legacy format"},
		{"\x80\x04\x95\n\x00\x00\x00", "a Python pickle"},
		{"\x93NUMPY\x01\x00", "a NumPy array"},
		{"\x08\x07\x12\x07pytorch\x1a\x052.1.0", "an ONNX model"},
		{"\x08\x0a:\x8a\x01\x0a", "an ONNX model"},
		{"\x08\x07\x12\x07pyt", "bytes that begin 08 07 12 07 70 79 74"},
		{"\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":", "a safetensors file"},
		{"\x00\x00\x08\x03\x00\x00", "an IDX file"},
		{"\x00\x00\x00\x18ftypheic\x00", "a HEIC image"},
		{"<!DOCTYPE html><html>", "a web page"},
		{"<HTML><head>", "a web page"},
		{"label,pixel\n5,0\n", `text that begins "label,pixel\n5,0\n"`},
		{"\x01\x02\x03\xff", "bytes that begin 01 02 03 ff"},
	} {
		if got := Identify([]byte(c.head)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q is %s, want %s", c.head, got, c.want)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	for _, format := range formats {
		f.Add([]byte(format.magic))
	}
	f.Add([]byte("PK\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00x.npy"))
	f.Add([]byte("\x08\x07\x12\x07pytorch"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if got := Identify(head); got == "" || len(got) > 300 {
			t.Errorf("%q is %q", head, got)
		}
	})
}
