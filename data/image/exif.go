package image

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// orientation returns the EXIF tag Orientation of a JPEG, PNG, WebP or TIFF, 1 (upright) to 8. It returns 1 if the tag
// is missing or the EXIF data is broken: the pixels are readable without it. (EXIF 2.32, section 4.6.4)
func orientation(content []byte) int {
	if o, ok := tiffTag(exif(content), tagOrientation); ok && o >= 1 && o <= 8 {
		return int(o)
	}
	return 1
}

// exif returns the EXIF data of an image, which is in TIFF format, or nil.
func exif(content []byte) []byte {
	switch {
	case matches(content, "II*\x00"), matches(content, "MM\x00*"):
		return content
	case matches(content, "\x89PNG\r\n\x1a\n"):
		return exifPNG(content[8:])
	case matches(content, "RIFF????WEBP"):
		return exifWebP(content[12:])
	case matches(content, "\xff\xd8"):
		return exifJPEG(content)
	}
	return nil
}

// exifWebP returns the content of the chunk EXIF, or nil. (WebP container specification, "Metadata")
func exifWebP(chunks []byte) []byte {
	for b := chunks; len(b) >= 8; { // name, length, content, padding to an even length
		n := uint64(binary.LittleEndian.Uint32(b[4:]))
		if n+8 > uint64(len(b)) {
			return nil
		}
		if string(b[:4]) == "EXIF" {
			return bytes.TrimPrefix(b[8:][:n], []byte("Exif\x00\x00")) // some programs write JPEG's identifier
		}
		b = b[min(uint64(len(b)), 8+n+n%2):]
	}
	return nil
}

// exifPNG returns the content of the chunk eXIf, which may be before or after the pixels, or nil. (PNG 3, section
// 11.3.3.6)
func exifPNG(chunks []byte) []byte {
	for b := chunks; len(b) >= 12; { // length, name, content, checksum
		n := uint64(binary.BigEndian.Uint32(b))
		if n+12 > uint64(len(b)) {
			return nil
		}
		switch string(b[4:8]) {
		case "eXIf":
			return b[8:][:n]
		case "IEND":
			return nil
		}
		b = b[n+12:]
	}
	return nil
}

// exifJPEG returns the content of the APP1 segment with the identifier Exif, or nil. (EXIF 2.32, section 4.7.2)
func exifJPEG(jpeg []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	for b := jpeg[min(2, len(jpeg)):]; len(b) >= 4 && b[0] == 0xff && b[1] != startOfScan; {
		if b[1] == 0xff { // padding before a marker
			b = b[1:]
			continue
		}
		n := 2 + int(binary.BigEndian.Uint16(b[2:])) // the length counts itself, not the marker
		if n < 4 || n > len(b) {
			return nil
		}
		if tiff, ok := bytes.CutPrefix(b[4:n], []byte("Exif\x00\x00")); ok && b[1] == app1 {
			return tiff
		}
		b = b[n:]
	}
	return nil
}

// upright returns m mirrored and rotated as EXIF orientation o requires.
func upright(m image.Image, o int) image.Image {
	if o == 1 {
		return m
	}
	return &oriented{m, o}
}

// oriented is an image whose pixels are accessed through an EXIF orientation.
type oriented struct {
	image.Image
	o int
}

func (t *oriented) Bounds() image.Rectangle {
	s := t.Image.Bounds().Size()
	if t.o >= 5 { // rows and columns are exchanged
		s.X, s.Y = s.Y, s.X
	}
	return image.Rectangle{Max: s}
}

func (t *oriented) At(x, y int) color.Color { return t.RGBA64At(x, y) }

func (t *oriented) ColorModel() color.Model { return color.RGBA64Model }

func (t *oriented) RGBA64At(x, y int) color.RGBA64 {
	b := t.Image.Bounds()
	x, y = stored(x, y, b.Dx(), b.Dy(), t.o)
	return rgba64(t.Image)(b.Min.X+x, b.Min.Y+y)
}

// stored returns where the pixel (x, y) of an upright image is in the file's image of w×h pixels with EXIF orientation
// o.
func stored(x, y, w, h, o int) (int, int) {
	w, h = w-1, h-1
	switch o {
	case 2: // mirrored
		return w - x, y
	case 3: // upside down
		return w - x, h - y
	case 4: // mirrored and upside down
		return x, h - y
	case 5: // mirrored at the main diagonal
		return y, x
	case 6: // rotate right
		return y, h - x
	case 7: // mirrored at the other diagonal
		return w - y, h - x
	case 8: // rotate left
		return w - y, x
	}
	return x, y
}

// rgba64 returns a function for the color of a pixel of m. It does not allocate for the standard library's images.
func rgba64(m image.Image) func(x, y int) color.RGBA64 {
	if m, ok := m.(image.RGBA64Image); ok {
		return m.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		r, g, b, a := m.At(x, y).RGBA()
		return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
	}
}
