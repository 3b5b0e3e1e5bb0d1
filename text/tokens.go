package text

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
)

// TokenSource is a long sequence of ids: [IDs] in memory, or [Tokens] in a file.
type TokenSource interface {
	// Len returns the number of ids.
	Len() int
	// ReadIDs writes the ids from position at on to dst. Goroutines may call it concurrently.
	ReadIDs(dst []int64, at int) error
}

// IDs is a sequence of ids in memory.
type IDs []int32

// Len returns the number of ids.
func (s IDs) Len() int { return len(s) }

// ReadIDs writes the ids from position at on to dst. Its error is nil, unless they reach beyond the end.
func (s IDs) ReadIDs(dst []int64, at int) error {
	if at < 0 || at > len(s)-len(dst) {
		return fmt.Errorf("ids %d to %d of %d", at, at+len(dst)-1, len(s))
	}
	for i, id := range s[at : at+len(dst)] {
		dst[i] = int64(id)
	}
	return nil
}

// Tokens is a file of ids, which may be larger than memory: little-endian numbers of two bytes, or of four if the
// vocabulary has more than 65,536 tokens, as in nanoGPT. Only what is asked for is read.
type Tokens struct {
	file      *os.File
	path      string
	n         int
	width     int // bytes of an id
	vocabSize int
}

// tokenWidth returns the bytes of an id in a file.
func tokenWidth(vocabSize int) int {
	if vocabSize > 1<<16 {
		return 4
	}
	return 2
}

// OpenTokens opens a file of ids below vocabSize. It returns an error if the file is not a whole number of ids. Close
// it after use.
func OpenTokens(path string, vocabSize int) (*Tokens, error) {
	if vocabSize < 1 {
		fail("OpenTokens", "vocabSize %d, want at least 1", vocabSize)
	}
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("text: %w", err)
	}
	width := tokenWidth(vocabSize)
	if info.Size()%int64(width) != 0 {
		f.Close()
		return nil, fmt.Errorf("text: %s: %d bytes are not a whole number of ids with %d bytes each", path,
			info.Size(), width)
	}
	return &Tokens{f, path, int(info.Size() / int64(width)), width, vocabSize}, nil
}

// Len returns the number of ids.
func (t *Tokens) Len() int { return t.n }

// Close closes the file.
func (t *Tokens) Close() error { return t.file.Close() }

// ReadIDs writes the ids from position at on to dst. It returns an error that names file and position for an id that
// the vocabulary does not have, and if they reach beyond the end.
func (t *Tokens) ReadIDs(dst []int64, at int) error {
	if at < 0 || at > t.n-len(dst) {
		return fmt.Errorf("%s: ids %d to %d of %d", t.path, at, at+len(dst)-1, t.n)
	}
	var buf [4096]byte
	for len(dst) > 0 {
		n := min(len(dst), len(buf)/t.width)
		if _, err := t.file.ReadAt(buf[:n*t.width], int64(at)*int64(t.width)); err != nil {
			return fmt.Errorf("%s: ids %d to %d: %w", t.path, at, at+n-1, err)
		}
		for i := range n {
			id := int64(binary.LittleEndian.Uint16(buf[t.width*i:]))
			if t.width == 4 {
				id = int64(binary.LittleEndian.Uint32(buf[4*i:]))
			}
			if id >= int64(t.vocabSize) {
				return fmt.Errorf("%s: id %d at position %d, want ids below %d", t.path, id, at+i, t.vocabSize)
			}
			dst[i] = id
		}
		dst = dst[n:]
		at += n
	}
	return nil
}

// WriteTokens encodes the text of r and writes the ids to the file at path, for [OpenTokens] with the tokenizer's
// VocabSize. It returns the number of ids. The text may be larger than memory: it is encoded in parts of about 1 MB,
// which end at the end of a line, if there is one. Special tokens in the text get their ids; none are added.
func (t *Tokenizer) WriteTokens(path string, r io.Reader) (n int, err error) {
	width := tokenWidth(t.VocabSize())
	err = atomicfile.Write(path, func(w io.Writer) error {
		in := bufio.NewReaderSize(r, 1<<20)
		var ids []int32
		var out []byte
		for {
			part, err := readPart(in)
			if part == "" && err != nil {
				if errors.Is(err, io.EOF) {
					return nil
				}
				return fmt.Errorf("reading the text: %w", err)
			}
			ids = t.AppendIDs(ids[:0], part)
			out = out[:0]
			for _, id := range ids {
				if width == 2 {
					out = binary.LittleEndian.AppendUint16(out, uint16(id))
				} else {
					out = binary.LittleEndian.AppendUint32(out, uint32(id))
				}
			}
			n += len(ids)
			if _, err := w.Write(out); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("text: writing %s: %w", path, err)
	}
	return n, nil
}

// readPart reads about 1 MB of text: lines, or a part of a longer line that ends with a whole character.
func readPart(in *bufio.Reader) (string, error) {
	const size = 1 << 20
	var part strings.Builder
	for part.Len() < size {
		line, err := in.ReadSlice('\n')
		part.Write(line)
		if errors.Is(err, bufio.ErrBufferFull) {
			break
		}
		if err != nil {
			return part.String(), err
		}
	}
	// In a long line, look for the end of the last character.
	for s := part.String(); s[len(s)-1] != '\n' && part.Len() < 2*size; s = part.String() {
		if _, rest := utf8.DecodeLastRuneInString(s); rest > 1 || s[len(s)-1] < utf8.RuneSelf {
			break
		}
		b, err := in.ReadByte()
		if err != nil {
			return s, nil
		}
		part.WriteByte(b)
		if utf8.RuneStart(b) {
			break
		}
	}
	return part.String(), nil
}
