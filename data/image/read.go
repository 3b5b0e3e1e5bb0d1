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
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif" // the decoders that image.Decode finds
	_ "image/jpeg"
	_ "image/png"
	"io"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// DefaultLimit is how many pixels a picture may have for Read and ReadFile: 64
// million. One takes up to 512 MB while it is read, and a progressive JPEG 1.3 GB.
const DefaultLimit = 64_000_000

// ReadFile reads the picture in the file at path. Its errors name the file.
func ReadFile(path string) (image.Image, error) {
	f, err := inputfile.Open(path)
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

// Read reads a picture in PNG, JPEG or GIF (its first frame) from r. A JPEG or
// PNG whose EXIF data says that it is turned or mirrored comes upright.
//
// It is an error if the content is no such picture, if it is broken, if it has
// more than DefaultLimit pixels or if it is a JPEG with so many scans that
// decoding would take more than seconds; no memory is set aside for pixels before the
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
	head, err := br.Peek(inputfile.HeadSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !isPicture(head) {
		return nil, fmt.Errorf("not a PNG, JPEG or GIF picture, found %s", inputfile.Identify(head))
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
	if format == "jpeg" {
		if n, passes := scans(content); int64(passes)*(w*h)/mostPasses > int64(limit) {
			return nil, fmt.Errorf("jpeg of %d×%d pixels in %d scans, which would take too long to decode", w, h, n)
		}
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return turn(m, orientation(content)), nil
}

// mostPasses bounds the time that decoding takes: a JPEG may be sent in many scans, and each is a pass over all blocks of its components,
// however few bytes it has. Pictures at the limit of pixels may have this many passes, smaller ones accordingly more. libjpeg writes 14
// for colours and 24 for CMYK.
const mostPasses = 32

// scans returns how many scans a JPEG has, and how many components they have together. It goes through the segments as image/jpeg does.
func scans(jpeg []byte) (n, passes int) {
	for b := jpeg[min(2, len(jpeg)):]; ; {
		next := bytes.IndexByte(b, 0xff) // beyond the compressed data of a scan
		if next < 0 {
			return n, passes
		}
		for b = b[next:]; len(b) > 0 && b[0] == 0xff; { // markers may be padded
			b = b[1:]
		}
		if len(b) == 0 {
			return n, passes
		}
		marker := b[0]
		b = b[1:]
		const rst0, rst7, endOfImage, startOfScan = 0xd0, 0xd7, 0xd9, 0xda
		switch {
		case marker == 0, rst0 <= marker && marker <= rst7: // in compressed data
			continue
		case marker == endOfImage:
			return n, passes
		case marker == startOfScan && len(b) > 2: // length, number of components
			n++
			passes += int(b[2])
		}
		if len(b) < 2 {
			return n, passes
		}
		b = b[min(len(b), max(2, int(binary.BigEndian.Uint16(b)))):] // the length counts itself
	}
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

// isPicture reports whether a file that begins with head claims to be one of the formats that are read.
func isPicture(head []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}
