package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// leaf is a column with one value in each row.
type leaf struct {
	name   string
	column int // number among the file's columns
	kind   format.Type
	size   int // bytes of a value, 0 if they differ
	levels int // the largest definition level: 0 if no value is null
	append func(dst []byte, v pq.Value) []byte
}

// leavesOf returns the columns of a schema, whose elements are in depth-first order, without lists and maps.
func leavesOf(schema []format.SchemaElement) ([]leaf, error) {
	var leaves []leaf
	column, at := 0, 1
	seen := map[string]bool{}
	var walk func(children int, path []string, repeated bool, levels int) error
	walk = func(children int, path []string, repeated bool, levels int) error {
		const deepest = 64
		if len(path) > deepest {
			return fmt.Errorf("columns are nested more than %d deep", deepest)
		}
		for range children {
			if at >= len(schema) {
				return fmt.Errorf("the schema has %d elements, fewer than its groups say", len(schema))
			}
			e := &schema[at]
			at++
			inside := append(slices.Clone(path), e.Name)
			levels := levels
			if e.RepetitionType.Valid && e.RepetitionType.V != format.Required {
				levels++
			}
			repeated := repeated || e.RepetitionType.Valid && e.RepetitionType.V == format.Repeated
			if n, group := e.NumChildren.Get(); group && n > 0 {
				if err := walk(int(n), inside, repeated, levels); err != nil {
					return err
				}
				continue
			}
			if !repeated {
				name := strings.ToValidUTF8(strings.Join(inside, "."), "\ufffd")
				if seen[name] {
					return fmt.Errorf("two columns are called %q", name)
				}
				seen[name] = true
				size, err := sizeOf(e)
				if err != nil {
					return fmt.Errorf("column %q: %w", name, err)
				}
				leaves = append(leaves, leaf{name, column, e.Type.V, size, levels, formatOf(e)})
			}
			column++
		}
		return nil
	}
	return leaves, walk(int(schema[0].NumChildren.V), nil, false, 0)
}

// sizeOf returns the number of bytes of an element's values, 0 if they differ, and for booleans, which are bits.
func sizeOf(e *format.SchemaElement) (int, error) {
	switch e.Type.V {
	case format.Int32, format.Float:
		return 4, nil
	case format.Int64, format.Double:
		return 8, nil
	case format.Int96:
		return 12, nil
	case format.FixedLenByteArray:
		if e.TypeLength.V < 1 || e.TypeLength.V > maxPage {
			return 0, fmt.Errorf("values of %d bytes", e.TypeLength.V)
		}
		return int(e.TypeLength.V), nil
	case format.Boolean, format.ByteArray:
		return 0, nil
	}
	return 0, fmt.Errorf("the type %d is unknown", e.Type.V)
}

// formatOf returns the function that appends the text of a value of an element.
func formatOf(e *format.SchemaElement) func(dst []byte, v pq.Value) []byte {
	converted := deprecated.ConvertedType(-1)
	if c, ok := e.ConvertedType.Get(); ok {
		converted = c
	}
	switch t := e.LogicalType.Value.(type) {
	case *format.DecimalType:
		return decimal(int(t.Scale))
	case *format.DateType:
		return date
	case *format.TimestampType:
		if t.Unit.Value != nil {
			return timestamp(t.Unit.Value.Duration())
		}
	case *format.IntType:
		if !t.IsSigned {
			return unsigned
		}
	case *format.UUIDType:
		return uuid
	case *format.Float16Type:
		return float16
	}
	switch converted {
	case deprecated.Decimal:
		return decimal(int(e.Scale.V))
	case deprecated.Date:
		return date
	case deprecated.TimestampMillis:
		return timestamp(time.Millisecond)
	case deprecated.TimestampMicros:
		return timestamp(time.Microsecond)
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return unsigned
	}
	return plain
}

// plain appends a value of a physical type.
func plain(dst []byte, v pq.Value) []byte {
	switch v.Kind() {
	case pq.Boolean:
		return strconv.AppendBool(dst, v.Boolean())
	case pq.Int32:
		return strconv.AppendInt(dst, int64(v.Int32()), 10)
	case pq.Int64:
		return strconv.AppendInt(dst, v.Int64(), 10)
	case pq.Int96: // nanoseconds of the day, and the Julian day: the times of old Spark and Impala
		i := v.Int96()
		nanos := int64(uint64(i[1])<<32 | uint64(i[0]))
		const julian1970 = 2440588
		return appendTime(dst, time.Unix((int64(i[2])-julian1970)*86400, nanos))
	case pq.Float:
		return float(dst, float64(v.Float()), 32)
	case pq.Double:
		return float(dst, v.Double(), 64)
	}
	return append(dst, v.ByteArray()...)
}

// float appends a number; NaN is a missing value, infinities are inf and -inf as pandas writes them to CSV.
func float(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return dst
	case math.IsInf(v, 1):
		return append(dst, "inf"...)
	case math.IsInf(v, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits)
}

func unsigned(dst []byte, v pq.Value) []byte {
	if v.Kind() == pq.Int32 {
		return strconv.AppendUint(dst, uint64(v.Uint32()), 10)
	}
	return strconv.AppendUint(dst, v.Uint64(), 10)
}

func date(dst []byte, v pq.Value) []byte {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(dst, "2006-01-02")
}

func timestamp(unit time.Duration) func(dst []byte, v pq.Value) []byte {
	perSecond := int64(time.Second / unit)
	return func(dst []byte, v pq.Value) []byte {
		n := v.Int64()
		second := n / perSecond
		if n%perSecond < 0 {
			second--
		}
		return appendTime(dst, time.Unix(second, (n-second*perSecond)*int64(unit)))
	}
}

func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999999")
}

// decimal returns a formatter of whole numbers that count units of 10^-scale.
func decimal(scale int) func(dst []byte, v pq.Value) []byte {
	const most = 1000
	scale = min(max(scale, 0), most)
	return func(dst []byte, v pq.Value) []byte {
		n := new(big.Int)
		switch v.Kind() {
		case pq.Int32:
			n.SetInt64(int64(v.Int32()))
		case pq.Int64:
			n.SetInt64(v.Int64())
		default: // big-endian two's complement
			b := v.ByteArray()
			const longest = 1024
			if len(b) > longest {
				return append(dst, "a decimal that is too long"...)
			}
			n.SetBytes(b)
			if len(b) > 0 && b[0] >= 0x80 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		if n.Sign() < 0 {
			dst = append(dst, '-')
			n.Neg(n)
		}
		digits := n.String()
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale-len(digits)+1) + digits
		}
		dst = append(dst, digits[:len(digits)-scale]...)
		if scale > 0 {
			dst = append(dst, '.')
			dst = append(dst, digits[len(digits)-scale:]...)
		}
		return dst
	}
}

func uuid(dst []byte, v pq.Value) []byte {
	b := v.ByteArray()
	if len(b) != 16 {
		return append(dst, b...)
	}
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

func float16(dst []byte, v pq.Value) []byte {
	b := v.ByteArray()
	if len(b) != 2 {
		return append(dst, b...)
	}
	h := binary.LittleEndian.Uint16(b)
	sign, exponent, mantissa := 1.0, int(h>>10&31), float64(h&1023)
	if h>>15 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return float(dst, sign*math.Ldexp(mantissa, -24), 32)
	case 31:
		if mantissa != 0 {
			return dst
		}
		return float(dst, math.Inf(int(sign)), 32)
	}
	return float(dst, sign*math.Ldexp(1024+mantissa, exponent-25), 32)
}
