package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

const magic = "\x93NUMPY"

// maxHeader is more than the header of any array of numbers needs.
const maxHeader = 1 << 16

// header is the parsed header of an array.
type header struct {
	descr   string // with explicit byte order, such as "<f4"
	kind    byte   // b boolean, i signed, u unsigned, f floating-point
	size    int    // bytes per element
	big     bool   // big-endian
	fortran bool   // the first dimension varies fastest
	dims    []int
}

// types maps NumPy's element types to tensor's.
var types = []struct {
	descr string
	dtype tensor.DType
}{
	{"<f4", tensor.Float32}, {"<f8", tensor.Float64}, {"<f2", tensor.Float16}, {"<i8", tensor.Int64}, {"<i4", tensor.Int32},
	{"<i2", tensor.Int16}, {"|i1", tensor.Int8}, {"|u1", tensor.Uint8}, {"|b1", tensor.Bool},
}

// dtype returns the tensor's type. known is false for types that tensors do not have: their elements are converted to
// Int64.
func (h *header) dtype() (dt tensor.DType, known bool) {
	for _, t := range types {
		if t.descr[1:] == h.descr[1:] {
			return t.dtype, true
		}
	}
	return tensor.Int64, false
}

// String describes the array, such as "<f4 (2, 3)".
func (h *header) String() string { return h.descr + " " + tensor.ShapeOf(h.dims...).String() }

// bytes returns the size of the elements in bytes. It does not overflow: parser.header has checked that.
func (h *header) bytes() int {
	n := h.size
	for _, d := range h.dims {
		n *= d
	}
	return n
}

// readHeader reads the magic number, version and header, and returns their length in bytes. If r is at its end the
// error is io.EOF.
func readHeader(r io.Reader) (*header, int64, error) {
	offset := int64(0)
	read := func(b []byte, what string) error {
		n, err := io.ReadFull(r, b)
		offset += int64(n)
		if err != nil {
			return &FormatError{Offset: offset, Msg: "in the " + what, Err: inputfile.NoEOF(err)}
		}
		return nil
	}
	var head [len(magic) + 2]byte
	if err := read(head[:], "magic number"); err != nil {
		if offset == 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return nil, 0, err
	}
	if string(head[:len(magic)]) != magic {
		return nil, 0, &FormatError{Msg: fmt.Sprintf("magic number % x, want % x", head[:len(magic)], magic)}
	}
	version := head[len(magic)]
	if version < 1 || version > 3 {
		return nil, 0, &FormatError{Offset: int64(len(magic)),
			Msg: fmt.Sprintf("version %d of the format, want 1 to 3", version)}
	}
	length := make([]byte, 2, 4)
	if version > 1 {
		length = length[:4]
	}
	if err := read(length, "length of the header"); err != nil {
		return nil, 0, err
	}
	n := binary.LittleEndian.Uint32(append(length, 0, 0)[:4])
	if n > maxHeader {
		return nil, 0, &FormatError{Offset: offset, Msg: fmt.Sprintf("a header of %d bytes, want at most %d", n,
			maxHeader)}
	}
	start := offset
	text := make([]byte, n)
	if err := read(text, "header"); err != nil {
		return nil, 0, err
	}
	p := &parser{text: string(text)}
	h, err := p.header()
	if err != nil {
		return nil, 0, &FormatError{Offset: start + int64(p.at), Msg: err.Error()}
	}
	return h, offset, nil
}

// parser parses the header's text: a Python dictionary with the keys descr, fortran_order and shape.
type parser struct {
	text string
	at   int
}

func (p *parser) header() (*header, error) {
	h := &header{}
	if !p.skip("{") {
		return nil, p.want("'{'")
	}
	seen := map[string]bool{}
	for !p.skip("}") {
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, fmt.Errorf("key %q occurs twice", key)
		}
		seen[key] = true
		if !p.skip(":") {
			return nil, p.want("':'")
		}
		switch key {
		case "descr":
			err = p.descr(h)
		case "fortran_order":
			if h.fortran = p.skip("True"); !h.fortran && !p.skip("False") {
				err = p.want("True or False")
			}
		case "shape":
			err = p.shape(h)
		default:
			err = fmt.Errorf("unknown key %q, want descr, fortran_order and shape", key)
		}
		if err != nil {
			return nil, err
		}
		if !p.skip(",") {
			if !p.skip("}") {
				return nil, p.want("',' or '}'")
			}
			break
		}
	}
	if p.space(); p.at != len(p.text) {
		return nil, p.want("the end of the header")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return nil, fmt.Errorf("key %q is missing", key)
		}
	}
	n := uint64(h.size)
	for _, d := range h.dims {
		// the product of the other dimensions must not overflow, even if one is 0
		hi, lo := bits.Mul64(n, uint64(max(d, 1)))
		if hi != 0 || lo > math.MaxInt/8 { // elements may be converted to 8 bytes
			return nil, fmt.Errorf("shape %v of %s overflows the size of memory", h.dims, h.descr)
		}
		n = lo
	}
	return h, nil
}

// descr parses the element type: byte order, kind, size.
func (p *parser) descr(h *header) (err error) {
	if p.space(); p.at < len(p.text) && p.text[p.at] == '[' {
		return fmt.Errorf("the elements are records, want booleans, integers or floating-point numbers of up to 8 bytes")
	}
	from := p.at
	if h.descr, err = p.str(); err != nil {
		return err
	}
	code, big := typeCode(h.descr)
	if code == "" {
		p.at = from
		return fmt.Errorf("the elements are of type %q, want booleans, integers or floating-point numbers of up to 8 bytes", h.descr)
	}
	h.kind, h.size = code[0], int(code[1]-'0')
	h.big = big && h.size > 1
	order := "<"
	switch {
	case h.size == 1:
		order = "|"
	case h.big:
		order = ">"
	}
	h.descr = order + code
	return nil
}

// typeCode returns the kind and size of NumPy's dtype(descr), such as "f4", and whether its byte order is big-endian.
// code is empty for an unsupported type. np.save writes "<f4"; other programs omit the byte order, write it as '=' or
// '|', or write the type's name.
func typeCode(descr string) (code string, big bool) {
	if code := typeNames[descr]; code != "" {
		return code, nativeBig
	}
	if descr == "" {
		return "", false
	}
	code = descr
	big = nativeBig
	switch descr[0] {
	case '<', '>':
		code, big = descr[1:], descr[0] == '>'
	case '=', '|':
		code = descr[1:]
	}
	switch code {
	case "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8":
		return code, big
	}
	return typeLetters[code], big
}

// typeNames maps NumPy's type names, which have no byte order, to codes.
var typeNames = map[string]string{
	"bool": "b1", "bool_": "b1",
	"int8": "i1", "byte": "i1", "uint8": "u1", "ubyte": "u1",
	"int16": "i2", "short": "i2", "uint16": "u2", "ushort": "u2",
	"int32": "i4", "intc": "i4", "uint32": "u4", "uintc": "u4",
	"int64": "i8", "longlong": "i8", "int": "i8", "uint64": "u8", "ulonglong": "u8", "uint": "u8",
	"float16": "f2", "half": "f2", "float32": "f4", "single": "f4", "float64": "f8", "double": "f8", "float": "f8",
}

// typeLetters maps NumPy's one-letter types to codes, except those whose size depends on the system (l, L, p, P).
var typeLetters = map[string]string{
	"?": "b1", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "q": "i8", "Q": "u8", "e": "f2", "f": "f4", "d": "f8",
}

// nativeBig is true on a big-endian processor. A type without a byte order has the processor's byte order.
var nativeBig = binary.NativeEndian.Uint16([]byte{1, 0}) != 1

// shape parses a tuple: (), (3,), (3, 4).
func (p *parser) shape(h *header) error {
	if !p.skip("(") {
		return p.want("'('")
	}
	for !p.skip(")") {
		p.space()
		from := p.at
		for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
			p.at++
		}
		d, err := strconv.Atoi(p.text[from:p.at])
		if err != nil {
			p.at = from
			return fmt.Errorf("want a size here, 0 to %d", math.MaxInt)
		}
		if len(h.dims) == tensor.MaxRank {
			return fmt.Errorf("more than %d dimensions, which is the most that tensors have", tensor.MaxRank)
		}
		h.dims = append(h.dims, d)
		p.skip("L") // written by Python 2
		comma := p.skip(",")
		if !comma && len(h.dims) == 1 {
			return p.want("','")
		}
		if !comma {
			if !p.skip(")") {
				return p.want("',' or ')'")
			}
			break
		}
	}
	return nil
}

// str parses a quoted string without escapes.
func (p *parser) str() (string, error) {
	p.space()
	if p.at < len(p.text) {
		if quote := p.text[p.at]; quote == '\'' || quote == '"' {
			if n := strings.IndexByte(p.text[p.at+1:], quote); n >= 0 {
				s := p.text[p.at+1:][:n]
				p.at += n + 2
				return s, nil
			}
		}
	}
	return "", p.want("a quoted string")
}

// skip skips white space and then token, and reports whether token was there.
func (p *parser) skip(token string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], token) {
		return false
	}
	p.at += len(token)
	return true
}

// space skips white space.
func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) want(what string) error { return fmt.Errorf("want %s here", what) }

// formatHeader returns what np.save writes before the elements: the header padded to a multiple of 64 bytes, with
// reserve for a larger first dimension.
func formatHeader(t tensor.Tensor) ([]byte, error) {
	descr := ""
	for _, k := range types {
		if k.dtype == t.DType() {
			descr = k.descr
		}
	}
	if descr == "" {
		return nil, fmt.Errorf("npy: NumPy has no type %v; convert the tensor with Cast", t.DType())
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %v, }", descr, t.Shape())
	if t.Rank() > 0 {
		text += strings.Repeat(" ", 21-len(strconv.Itoa(t.Dim(0))))
	}
	const before = len(magic) + 4
	pad := 64 - (before+len(text)+1)%64
	text += strings.Repeat(" ", pad) + "\n"
	b := append([]byte(magic), 1, 0)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...), nil
}
