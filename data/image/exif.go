package image

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// orientation returns the tag of that name in the EXIF data of a JPEG or PNG: 1,
// upright, to 8; and 1 where there is none or where the data is broken, since the
// pixels are there all the same. (EXIF 2.32, section 4.6.4; TIFF 6.0, section 2.)
func orientation(content []byte) int {
	tiff := exif(content)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:])) // of the first directory: a count, then entries of 12 bytes
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const tagOrientation, typeShort = 0x0112, 3
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == typeShort {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// exif returns the TIFF data in the EXIF part of a JPEG or PNG, nil if there is none.
func exif(content []byte) []byte {
	if chunks, ok := bytes.CutPrefix(content, []byte("\x89PNG\r\n\x1a\n")); ok {
		return exifPNG(chunks)
	}
	return exifJPEG(content)
}

// exifPNG looks for the chunk eXIf, which may stand before the pixels or behind them. (PNG 3, section 11.3.3.6)
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

// turn returns m as it is meant to be seen: orientation o mirrors and turns it.
func turn(m image.Image, o int) image.Image {
	if o == 1 {
		return m
	}
	return &turned{m, o}
}

// turned is a picture read through its orientation.
type turned struct {
	image.Image
	o int
}

func (t *turned) Bounds() image.Rectangle {
	s := t.Image.Bounds().Size()
	if t.o >= 5 { // rows have become columns
		s.X, s.Y = s.Y, s.X
	}
	return image.Rectangle{Max: s}
}

func (t *turned) At(x, y int) color.Color { return t.RGBA64At(x, y) }

func (t *turned) ColorModel() color.Model { return color.RGBA64Model }

func (t *turned) RGBA64At(x, y int) color.RGBA64 {
	b := t.Image.Bounds()
	w, h := b.Dx()-1, b.Dy()-1
	switch t.o {
	case 2: // mirrored
		x = w - x
	case 3: // upside down
		x, y = w-x, h-y
	case 4: // mirrored, upside down
		y = h - y
	case 5: // mirrored along the main diagonal
		x, y = y, x
	case 6: // to be turned right
		x, y = y, h-x
	case 7: // mirrored along the other diagonal
		x, y = w-y, h-x
	case 8: // to be turned left
		x, y = w-y, x
	}
	return rgba64(t.Image)(b.Min.X+x, b.Min.Y+y)
}

// rgba64 returns m's method for one pixel, which allocates nothing for the
// pictures of the standard library.
func rgba64(m image.Image) func(x, y int) color.RGBA64 {
	if m, ok := m.(image.RGBA64Image); ok {
		return m.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		r, g, b, a := m.At(x, y).RGBA()
		return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)}
	}
}
