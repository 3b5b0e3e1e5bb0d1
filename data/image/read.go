// Package image turns pictures into what a network takes: n×n grey values
// between 0 and 1.
//
// [ReadFile] reads PNG, JPEG and GIF. [Gray] scales any picture; [Digit] also
// finds the writing in it and brings it into the form of the MNIST digits, so
// that a network trained on those reads a scan or a photograph of paper.
package image

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // the decoders that image.Decode finds
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"unicode/utf8"
)

// DefaultLimit is how many pixels a picture may have for Read and ReadFile: 64
// million, which take up to 512 MB while one is read.
const DefaultLimit = 64_000_000

// ReadFile reads the picture in the file at path. Its errors name the file.
func ReadFile(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	defer f.Close()
	m, err := decode(f, DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("image: %s: %w", path, err)
	}
	return m, nil
}

// Read reads a picture in PNG, JPEG or GIF (its first frame) from r. A JPEG that
// a camera marked as turned or mirrored comes upright.
//
// It is an error if the content is no such picture, if it is broken or if it has
// more than DefaultLimit pixels; no memory is set aside for pixels before the
// size is known to be within the limit and the content long enough for it.
func Read(r io.Reader) (image.Image, error) { return ReadLimit(r, DefaultLimit) }

// ReadLimit is Read with a limit of its own on the number of pixels.
func ReadLimit(r io.Reader, limit int) (image.Image, error) {
	m, err := decode(r, limit)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return m, nil
}

func decode(r io.Reader, limit int) (image.Image, error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if found := foreign(head); found != "" {
		return nil, fmt.Errorf("not a PNG, JPEG or GIF picture, found %s", found)
	}
	// No encoding needs more than 8 bytes a pixel; the rest is for what stands beside the pixels.
	most := 8*min(int64(limit), 1<<40) + 64<<20
	content, err := io.ReadAll(io.LimitReader(br, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("more than %d bytes, too long for the limit of %d pixels", most, limit)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	w, h := int64(config.Width), int64(config.Height)
	switch {
	case w <= 0 || h <= 0:
		return nil, fmt.Errorf("%s of %d×%d pixels is empty", format, w, h)
	case w > int64(limit)/h:
		return nil, fmt.Errorf("%s of %d×%d pixels, the limit is %d in all", format, w, h, limit)
	case w*h/densest(format, content) > int64(len(content)):
		return nil, fmt.Errorf("%s of %d bytes cannot hold the %d×%d pixels that it claims", format, len(content), w, h)
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if format == "jpeg" {
		m = turn(m, orientation(content))
	}
	return m, nil
}

// densest returns how many pixels a byte of the format holds at the very most,
// and so how much memory a file of some length can justify.
func densest(format string, content []byte) int64 {
	switch format {
	case "png": // deflate reaches 1032 : 1; byte 24 is the bits of a sample, byte 25 the kind of pixel
		samples := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[content[25]]
		return max(1, 1032*8/max(1, int64(content[24])*samples))
	case "jpeg": // a bit for each block of 8×8, in a progressive scan
		return 64 * 8
	}
	return 4096 * 8 / 12 // gif: a code of 12 bits stands for up to 4096 pixels
}

// foreign says in words what content is that begins like this and is none of the
// three formats; for those it is empty.
func foreign(head []byte) string {
	for _, known := range []struct{ magic, name string }{
		{"\x89PNG\r\n\x1a\n", ""}, {"\xff\xd8", ""}, {"GIF87a", ""}, {"GIF89a", ""},
		{"RIFF????WEBP", "a WebP picture"}, {"BM????\x00\x00\x00\x00", "a BMP picture"},
		{"II*\x00", "a TIFF picture"}, {"MM\x00*", "a TIFF picture"},
		{"????ftypavif", "an AVIF picture"}, {"????ftypheic", "a HEIC picture"}, {"????ftypmif1", "a HEIF picture"},
		{"%PDF-", "a PDF document"}, {"PK\x03\x04", "a ZIP archive"}, {"\x1f\x8b", "gzip data"},
		{"\x00\x00\x08\x03", "an IDX file"},
	} {
		if matches(head, known.magic) {
			return known.name
		}
	}
	if len(head) == 0 {
		return "an empty file"
	}
	if text(head) {
		return fmt.Sprintf("text that begins %q", head[:min(len(head), 16)])
	}
	return fmt.Sprintf("bytes that begin % x", head[:min(len(head), 8)])
}

// matches says whether head begins with magic, in which ? stands for any byte.
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

// text says whether head is UTF-8 (perhaps cut in its last character) without control characters.
func text(head []byte) bool {
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
