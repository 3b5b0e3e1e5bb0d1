package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// hugePNG returns a PNG with a header of w×h pixels of 16-bit RGBA and without pixel data.
func hugePNG(w, h uint32) []byte {
	header := []byte("IHDR")
	header = binary.BigEndian.AppendUint32(header, w)
	header = binary.BigEndian.AppendUint32(header, h)
	header = append(header, 16, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, header...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(header))
	return append(b, 0, 0, 0, 0, 'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e)
}

func TestReadErrors(t *testing.T) {
	good := drawing(digits(t).Image(0), 28, 28, 0, 0, 28, darkOnLight)
	asPNG, asJPEG, asGIF := encode(t, good, "png"), encode(t, good, "jpeg"), encode(t, good, "gif")
	hugeJPEG := bytes.Clone(asJPEG)
	sof := bytes.Index(hugeJPEG, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(hugeJPEG[sof+5:], 7000)
	binary.BigEndian.PutUint16(hugeJPEG[sof+7:], 9000)
	for _, test := range []struct {
		name    string
		content []byte
		text    string
	}{
		{"empty", nil, "found an empty file"},
		{"text", []byte("label,pixel\n5,0\n"), `found text that begins "label,pixel\n5,0\n"`},
		{"cut UTF-8", []byte(strings.Repeat("ü", 255) + "aü"), `found text that begins "üüüüüüüü"`},
		{"bytes", []byte{1, 2, 3, 0xff}, "found bytes that begin 01 02 03 ff"},
		{"PDF", []byte("%PDF-1.7\n"), "found a PDF document"},
		{"WebP cut", []byte("RIFF\x10\x00\x00\x00WEBPVP8 "), "riff: short chunk header"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00"), "found a HEIC image"},
		{"IDX", []byte("\x00\x00\x08\x03\x00\x00\xea\x60"), "found an IDX file"},
		{"PNG cut", asPNG[:len(asPNG)/2], "png: invalid format: not enough pixel data"},
		{"PNG damaged", append(bytes.Clone(asPNG[:50]), make([]byte, 100)...), "png: "},
		{"JPEG cut", asJPEG[:len(asJPEG)/2], "unexpected EOF"},
		{"JPEG cut early", asJPEG[:3], "unexpected EOF"},
		{"GIF cut", asGIF[:20], "gif: "},
		{"too many pixels", hugePNG(30000, 30000), "png of 30000×30000 pixels, the limit is 64000000 pixels"},
		{"sides overflow", hugePNG(1<<31-1, 1<<31-1), "dimension overflow"},
		{"PNG of nothing", hugePNG(8000, 8000), "png of 45 bytes cannot hold the 8000×8000 pixels that it claims"},
		{"JPEG of nothing", hugeJPEG, "cannot hold the 9000×7000 pixels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "photo.png")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m, err := ReadFile(path)
			runtime.ReadMemStats(&after)
			if m != nil || err == nil || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, %v, want %q and the path", m, err, test.text)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Errorf("%d bytes allocated for a file of %d", used, len(test.content))
			}
		})
	}
}

func TestReadFileErrors(t *testing.T) {
	if _, err := ReadFile(filepath.Join(t.TempDir(), "absent.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	folder := t.TempDir()
	if _, err := ReadFile(folder); err == nil || !strings.Contains(err.Error(), folder) || strings.Contains(err.Error(), "empty") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Read(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
}

func TestReadLimit(t *testing.T) {
	content := encode(t, image.NewGray(image.Rect(0, 0, 20, 30)), "png")
	if _, err := ReadLimit(bytes.NewReader(content), 600); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := ReadLimit(bytes.NewReader(content), 599); err == nil {
		t.Error("beyond the limit: no error")
	}
	if _, err := ReadLimit(bytes.NewReader(content), math.MaxInt); err != nil {
		t.Errorf("no limit: %v", err)
	}
}

// A JPEG of few bytes may have many scans, each of which is a pass over the image.
func TestReadScans(t *testing.T) {
	const side = 64
	plain := encode(t, image.NewGray(image.Rect(0, 0, side, side)), "jpeg")
	scan := plain[bytes.Index(plain, []byte{0xff, 0xda}) : len(plain)-2]
	for _, c := range []struct {
		name  string
		scans int
		limit int
		fails bool
	}{
		{"as many as are allowed at the limit of pixels", maxPasses, side * side, false},
		{"one more", maxPasses + 1, side * side, true},
		{"one more in a picture of half the limit", maxPasses + 1, 2 * side * side, false},
		{"a picture of half the limit", 2*maxPasses + 1, 2 * side * side, true},
		{"no limit", 5000, math.MaxInt, false},
	} {
		content := slices.Concat(plain[:len(plain)-2], bytes.Repeat(scan, c.scans-1), plain[len(plain)-2:])
		// Scans inside a segment (a thumbnail) and scans after the end marker do not count.
		thumbnail := append([]byte{0xff, 0xe1, 0, 2 + 40}, bytes.Repeat([]byte{0xff, 0xda}, 20)...)
		content = append(withSegment(content, thumbnail), bytes.Repeat([]byte{0xff, 0xda, 0, 2}, 1000)...)
		if n, passes := countScans(content); n != c.scans || passes != c.scans {
			t.Errorf("%s: counted %d scans of %d, %d passes", c.name, n, c.scans, passes)
		}
		_, err := ReadLimit(bytes.NewReader(content), c.limit)
		if c.fails != (err != nil && strings.Contains(err.Error(), fmt.Sprintf("in %d scans", c.scans))) || !c.fails && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for i := range plain {
		countScans(plain[:i]) // must not panic
	}
	if n, passes := countScans(encode(t, image.NewRGBA(image.Rect(0, 0, 9, 9)), "jpeg")); n != 1 || passes != 3 {
		t.Errorf("colours: %d scans, %d passes", n, passes)
	}
}

// Images with the most pixels per byte are accepted: one color, one bit per pixel, and so on.
func TestReadDense(t *testing.T) {
	for _, format := range []string{"png", "gif", "jpeg 75"} {
		m := image.NewPaletted(image.Rect(0, 0, 1500, 1500), color.Palette{color.White, color.Black})
		content := encode(t, m, format)
		if _, err := Read(bytes.NewReader(content)); err != nil {
			t.Errorf("%s of %d bytes: %v", format, len(content), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	d := digits(f)
	for i, format := range []string{"png", "jpeg", "jpeg 75", "gif"} {
		f.Add(encode(f, d.Image(i), format))
	}
	f.Add(withSegment(encode(f, d.Image(4), "jpeg"), exifSegment(binary.BigEndian, 7)))
	f.Add(encode(f, drawing(d.Image(5), 9, 40, 0, 10, 9,
		func(ink float64) color.Color { return color.NRGBA{9, 9, 9, uint8(255 * ink)} }), "png"))
	f.Add(hugePNG(200, 100))
	f.Fuzz(func(t *testing.T, content []byte) {
		const limit = 1 << 14
		m, err := ReadLimit(bytes.NewReader(content), limit)
		if err != nil {
			return
		}
		if b := m.Bounds(); b.Empty() || b.Dx()*b.Dy() > limit {
			t.Fatalf("bounds %v", b)
		}
		x, err := Digit(m, 28)
		if err != nil && err != ErrBlank {
			t.Fatal(err)
		}
		for i, v := range append(x, Gray(m, 5)...) {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("value %d is %v", i, v)
			}
		}
	})
}

// TestGIFScreen reads a GIF whose frame covers a part of its screen. The other pixels are transparent.
func TestGIFScreen(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 3, 4, 5), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0},
		Config: image.Config{Width: 6, Height: 7, ColorModel: frame.Palette}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, 6, 7) {
		t.Errorf("the bounds are %v", m.Bounds())
	}
	_, _, _, inside := m.At(2, 3).RGBA()
	_, _, _, outside := m.At(1, 3).RGBA()
	if inside != 0xffff || outside != 0 {
		t.Errorf("alpha is %d inside the frame and %d outside", inside, outside)
	}
}
