package tensor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// MarshalJSON returns the elements as nested arrays, a tensor without dimensions as a single number, and the zero
// Tensor as null. Elements of floating-point types have a decimal point or an exponent, so that 1.0 differs from the
// integer 1, and enough digits to read back the same number. NaN and infinities, which JSON does not have, are the
// strings "NaN", "Infinity" and "-Infinity". Booleans are true and false.
func (t Tensor) MarshalJSON() ([]byte, error) {
	if !t.Defined() {
		return []byte("null"), nil
	}
	w := jsonWriter{shape: t.Shape()}
	switch dt := t.DType(); {
	case dt == Bool:
		v := t.Bools()
		w.element = func(b []byte, i int) []byte { return strconv.AppendBool(b, v[i]) }
	case dt.IsFloat():
		v, bits := t.Float64s(), 32
		if dt == Float64 {
			bits = 64
		}
		w.element = func(b []byte, i int) []byte { return appendJSONFloat(b, v[i], bits) }
	default:
		v := t.Int64s()
		w.element = func(b []byte, i int) []byte { return strconv.AppendInt(b, v[i], 10) }
	}
	w.write(0)
	return w.b, nil
}

type jsonWriter struct {
	b       []byte
	shape   Shape
	next    int // element
	element func(b []byte, i int) []byte
}

func (w *jsonWriter) write(dim int) {
	if dim == w.shape.rank {
		w.b = w.element(w.b, w.next)
		w.next++
		return
	}
	w.b = append(w.b, '[')
	for i := range w.shape.dims[dim] {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.write(dim + 1)
	}
	w.b = append(w.b, ']')
}

func appendJSONFloat(b []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	}
	from := len(b)
	b = strconv.AppendFloat(b, v, 'g', -1, bits)
	if !bytes.ContainsAny(b[from:], ".e") {
		b = append(b, ".0"...)
	}
	return b
}

// UnmarshalJSON sets *t to a new tensor on the Go heap with the numbers of nested arrays in the form of MarshalJSON.
// Its type is the type that *t had before. If *t was the zero Tensor, the type is bool for booleans, int64 for
// integers and float32 for other numbers, as torch.tensor chooses. null sets *t to the zero Tensor. The error names
// the index at which the JSON is wrong.
func (t *Tensor) UnmarshalJSON(data []byte) error {
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(data)), rank: -1}
	r.dec.UseNumber()
	tok, err := r.dec.Token()
	if err == nil && tok == nil {
		*t = Tensor{}
		return nil
	}
	if err == nil {
		err = r.read(tok)
	}
	if err == nil {
		if _, end := r.dec.Token(); end != io.EOF {
			err = errors.New("there is more input after the tensor")
		}
	}
	if err == nil {
		var y Tensor
		if err = Try(func() { y = r.tensor(*t) }); err == nil {
			*t = y
			return nil
		}
	}
	return fmt.Errorf("tensor: JSON%s: %w", r.where(), err)
}

// jsonReader collects the elements of nested arrays.
type jsonReader struct {
	dec    *json.Decoder
	at     []int // the index of the element or array that is being read
	dims   []int // the dimensions' sizes, −1 for those that are not known yet
	rank   int   // the nesting depth of elements; −1 before the first one
	floats []float64
	ints   []int64 // the same numbers, as long as all are integers
	kinds  [3]bool // which of jsonBool, jsonInt and jsonFloat occurred
}

const (
	jsonBool = iota
	jsonInt
	jsonFloat
)

// where returns the index of an error for its text, "" for the whole input.
func (r *jsonReader) where() string {
	var b strings.Builder
	for i, k := range r.at {
		if i == 0 {
			b.WriteString(" at ")
		}
		fmt.Fprintf(&b, "[%d]", k)
	}
	return b.String()
}

// read reads the array or element that begins with tok.
func (r *jsonReader) read(tok json.Token) error {
	depth := len(r.at)
	if tok != json.Delim('[') {
		if r.rank < 0 && len(r.dims) <= depth {
			r.rank = depth
		}
		if r.rank != depth {
			return errors.New("an element where an array is expected: all elements must have the same nesting depth")
		}
		return r.element(tok)
	}
	if r.rank >= 0 && depth >= r.rank {
		return errors.New("an array where an element is expected: all elements must have the same nesting depth")
	}
	if depth == MaxRank {
		return fmt.Errorf("more than %d dimensions, the most that a tensor can have", MaxRank)
	}
	if len(r.dims) == depth {
		r.dims = append(r.dims, -1)
	}
	r.at = append(r.at, 0)
	n := 0
	for ; r.dec.More(); n++ {
		r.at[depth] = n
		tok, err := r.dec.Token()
		if err == nil {
			err = r.read(tok)
		}
		if err != nil {
			return err
		}
	}
	r.at = r.at[:depth]
	if _, err := r.dec.Token(); err != nil { // the bracket
		return err
	}
	if r.dims[depth] >= 0 && r.dims[depth] != n {
		return fmt.Errorf("an array of length %d where others have %d", n, r.dims[depth])
	}
	r.dims[depth] = n
	return nil
}

func (r *jsonReader) element(tok json.Token) error {
	kind := jsonFloat
	v, whole := 0.0, int64(0)
	switch tok := tok.(type) {
	case bool:
		kind = jsonBool
		if tok {
			v, whole = 1, 1
		}
	case json.Number:
		var err error
		if strings.ContainsAny(tok.String(), ".eE") {
			v, err = tok.Float64()
		} else {
			kind = jsonInt
			whole, err = tok.Int64()
			v = float64(whole)
		}
		if err != nil {
			return err
		}
	case string:
		switch tok {
		case "NaN":
			v = math.NaN()
		case "Infinity":
			v = math.Inf(1)
		case "-Infinity":
			v = math.Inf(-1)
		default:
			return fmt.Errorf("%q is not a number; the strings NaN, Infinity and -Infinity are accepted", tok)
		}
	default:
		return fmt.Errorf("%v is not a number", tok)
	}
	r.kinds[kind] = true
	if r.kinds[jsonBool] && (r.kinds[jsonInt] || r.kinds[jsonFloat]) {
		return errors.New("booleans and numbers in one tensor")
	}
	r.floats = append(r.floats, v)
	if !r.kinds[jsonFloat] {
		r.ints = append(r.ints, whole)
	}
	return nil
}

// tensor returns the tensor that was read, of old's type if old is not the zero Tensor.
func (r *jsonReader) tensor(old Tensor) Tensor {
	var o Options
	switch {
	case old.Defined():
		o.DType = old.DType()
	case r.kinds[jsonBool]:
		o.DType = Bool
	case r.kinds[jsonInt] && !r.kinds[jsonFloat]:
		o.DType = Int64
	}
	shape := ShapeOf(r.dims...)
	if r.kinds[jsonFloat] || o.DType.IsFloat() {
		return FromAs(o, r.floats, len(r.floats)).reshape(shape)
	}
	return FromAs(o, r.ints, len(r.ints)).reshape(shape)
}
