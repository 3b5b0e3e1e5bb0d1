package inputfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// formats lists the formats that Identify recognizes by their magic number, in which ? matches any byte. The first
// match wins.
var formats = []struct{ magic, name string }{
	{"\x89PNG\r\n\x1a\n", "a PNG image"},
	{"\xff\xd8\xff", "a JPEG image"},
	{"GIF87a", "a GIF image"},
	{"GIF89a", "a GIF image"},
	{"RIFF????WEBP", "a WebP image"},
	{"BM????\x00\x00\x00\x00", "a BMP image"},
	{"II*\x00", "a TIFF image"},
	{"MM\x00*", "a TIFF image"},
	{"????ftypavif", "an AVIF image"},
	{"????ftypheic", "a HEIC image"},
	{"????ftypmif1", "a HEIF image"},
	{"%PDF-", "a PDF document"},
	{"\x80?\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", "a PyTorch file in the legacy format (a pickle): " + fromPyTorch},
	{"\x93NUMPY", "a NumPy array (.npy): data/npy reads it"},
	{"GGUF", "a GGUF file: package gguf reads it"},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5, such as Keras writes), which Lamina does not read: convert it to safetensors in Python, with h5py and safetensors.numpy.save_file"},
	{"????TFL3", "a TensorFlow Lite model, which Lamina does not read"},
	{"PAR1", "a Parquet file"},
	{"\x1f\x8b", "gzip data"},
	{"BZh", "bzip2 data"},
	{"\xfd7zXZ\x00", "xz data"},
	{"\x28\xb5\x2f\xfd", "Zstandard data"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{"\x00\x00\x08?", "an IDX file: data/idx reads it"},
	{"version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the file itself: download the file with git lfs pull"},
}

// fromPyTorch explains how to read a file that torch.save wrote.
const fromPyTorch = "package torchfile reads it"

// Identify describes the format of a file that begins with head, and for files with weights how to convert them. The
// result is never empty. It is a noun phrase for error messages, such as "a PNG image".
func Identify(head []byte) string {
	if len(head) == 0 {
		return "an empty file"
	}
	for _, f := range formats {
		if matches(head, f.magic) {
			return f.name
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return archive(head)
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= 100_000_000:
		return "a safetensors file: package safetensors reads it"
	case len(head) > 2 && head[0] == 0x80 && 2 <= head[1] && head[1] <= 5:
		return "a Python pickle, which is a program and is not run here: save its arrays in Python, as safetensors or with np.save"
	case isONNX(head):
		return "an ONNX model, which Lamina does not read"
	case isText(head):
		start := head[:min(len(head), 16)]
		if lower := bytes.ToLower(start); bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) {
			return fmt.Sprintf("a web page, text that begins %q", start)
		}
		return fmt.Sprintf("text that begins %q", start)
	}
	return fmt.Sprintf("bytes that begin % x", head[:min(len(head), 8)])
}

// matches reports whether head begins with magic, in which ? matches any byte.
func matches(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// archive identifies a zip archive by the name of its first entry.
func archive(head []byte) string {
	const nameLength, name = 26, 30
	if len(head) < name {
		return "a ZIP archive"
	}
	first := head[name:]
	first = first[:min(len(first), int(binary.LittleEndian.Uint16(head[nameLength:])))]
	switch {
	case bytes.HasSuffix(first, []byte("/data.pkl")), bytes.Contains(first, []byte("/data/")): // torch.save; torch.jit.save
		return "a PyTorch file (a pickle in a ZIP archive): " + fromPyTorch
	case bytes.HasSuffix(first, []byte(".npy")):
		return "a NumPy archive (.npz): npy.LoadArchive reads it"
	}
	return "a ZIP archive"
}

// isONNX reports whether head begins as the protocol buffer of an ONNX model does: the field ir_version, then
// producer_name, opset_import or graph.
func isONNX(head []byte) bool {
	const version, producer, graph, operators = 1 << 3, 2<<3 | 2, 7<<3 | 2, 8<<3 | 2
	if len(head) < 4 || head[0] != version || head[1] == 0 || head[1] > 32 {
		return false
	}
	switch head[2] {
	case producer:
		n := int(head[3])
		return n > 0 && n < 100 && len(head) >= 4+n && isText(head[4:4+n])
	case graph, operators:
		return true
	}
	return false
}

// isText reports whether head is UTF-8 (the last character may be incomplete) without control characters.
func isText(head []byte) bool {
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		cut := r == utf8.RuneError && n == 1 && !utf8.FullRune(head[i:])
		if !cut && (r == utf8.RuneError || r < ' ' && r != '\n' && r != '\r' && r != '\t') {
			return false
		}
		i += n
	}
	return true
}
