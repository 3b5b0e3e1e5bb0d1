package image

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kinds is the folder of the files that testdata/torch/images.py writes.
const kinds = "../../testdata/torch/images"

// refused holds the kinds of images that are refused, with a part of the error.
var refused = map[string]string{
	"animated.webp": "an animated webp, want a still image",
	"cmyk.tiff":     "tiff: unsupported feature: color model",
	"float.tiff":    "tiff: unsupported feature: sample format",
}

// TestFormats compares what is read with Pillow's pixels.
func TestFormats(t *testing.T) {
	var want map[string]struct {
		Shape  []int
		Values []float64
	}
	raw, err := os.ReadFile(filepath.Join(kinds, "pixels.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(kinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if name == "pixels.json" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(kinds, name)
			m, err := ReadFile(path)
			if text, ok := refused[name]; ok {
				if err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), path) {
					t.Fatalf("got %v, want %q and the path", err, text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w := want[name]
			channels := 1
			if len(w.Shape) == 3 {
				channels = 4
			}
			var p Planar
			p.Set(m, channels)
			if p.H != w.Shape[0] || p.W != w.Shape[1] {
				t.Fatalf("%d×%d pixels, want %d×%d", p.W, p.H, w.Shape[1], w.Shape[0])
			}
			tolerance, mean := 0.001, 0.0 // of 255 levels
			switch {                      // decoders round differently
			case strings.HasSuffix(name, ".jpg"):
				tolerance = 3
			case name == "palette.tiff":
				tolerance = 1 // its palette has 16 bits
			case strings.HasPrefix(name, "lossy"):
				tolerance = 30 // libwebp interpolates colors between the pixels that have one
			}
			for i, v := range w.Values {
				c, at := i%channels, i/channels
				got := 255 * float64(p.Plane(c)[at])
				if math.Abs(got-v) > tolerance {
					t.Fatalf("channel %d of pixel (%d, %d) is %v, want %v", c, at%p.W, at/p.W, got, v)
				}
				mean += math.Abs(got-v) / float64(len(w.Values))
			}
			if mean > 4 {
				t.Errorf("the mean difference is %v levels", mean)
			}
		})
	}
}

// FuzzFormats decodes images of all formats into planes.
func FuzzFormats(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(kinds, "*.*"))
	if err != nil || len(files) < 40 {
		f.Fatal(len(files), err)
	}
	for _, path := range files {
		if content, err := os.ReadFile(path); err == nil && filepath.Ext(path) != ".json" {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		const limit = 1 << 14
		m, err := ReadLimit(bytes.NewReader(content), limit)
		if err != nil {
			return
		}
		for _, channels := range []int{1, 3, 4} {
			var p Planar
			p.Set(m, channels)
			if p.H*p.W > limit || p.H*p.W == 0 || len(p.Pix) != channels*p.H*p.W {
				t.Fatalf("%d×%d pixels of %d channels, %d values", p.W, p.H, p.C, len(p.Pix))
			}
			for i, v := range p.Pix {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("value %d is %v", i, v)
				}
			}
		}
	})
}
