package tbevents

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxNodes limits the nodes of a graph that is read.
const maxNodes = 1 << 18

// field is a field of an encoded message: a number (varint or fixed) or bytes.
type field struct {
	num    protowire.Number
	number uint64
	bytes  []byte
}

func (f field) double() float64 { return math.Float64frombits(f.number) }
func (f field) float() float32  { return math.Float32frombits(uint32(f.number)) }

// fields calls f for each field of a message.
func fields(b []byte, f func(f field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		v := field{num: num}
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v.number, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var x uint32
			x, n = protowire.ConsumeFixed32(b)
			v.number = uint64(x)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		default: // groups, which no field here is
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %w", num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

func decodeEvent(b []byte) (Event, error) {
	var e Event
	err := fields(b, func(f field) error {
		switch f.num {
		case 1:
			e.Time = timeOf(f.double())
		case 2:
			e.Step = int64(f.number)
		case 3:
			e.Version = string(f.bytes)
		case 4:
			return decodeGraph(f.bytes, &e)
		case 5: // summary
			return fields(f.bytes, func(f field) error {
				if f.num != 1 {
					return nil
				}
				v, err := decodeValue(f.bytes)
				if v.Tag != "" {
					e.Values = append(e.Values, v)
				}
				return err
			})
		case 7: // session_log
			return fields(f.bytes, func(f field) error {
				e.Start = e.Start || f.num == 1 && f.number == 1
				return nil
			})
		}
		return nil
	})
	return e, err
}

// timeOf returns the time of seconds since 1970, the zero time if that is no possible one.
func timeOf(seconds float64) time.Time {
	if !(math.Abs(seconds) < 1e11) {
		return time.Time{}
	}
	return time.UnixMicro(int64(math.Round(seconds * 1e6)))
}

func decodeValue(b []byte) (Value, error) {
	var v Value
	var plugin, content string
	var tensor []byte
	err := fields(b, func(f field) (err error) {
		switch f.num {
		case 1:
			v.Tag = string(f.bytes)
		case 2:
			v.Data = Scalar(f.float())
		case 4:
			v.Data, err = decodeImage(f.bytes)
		case 5:
			v.Data, err = decodeHistogram(f.bytes)
		case 8:
			tensor = f.bytes
		case 9:
			plugin, content, err = decodeMetadata(f.bytes)
		}
		return err
	})
	if err == nil {
		switch plugin {
		case "text":
			v.Data, err = decodeText(tensor)
		case "scalars":
			if v.Data == nil {
				v.Data, err = decodeScalar(tensor)
			}
		case "hparams":
			v.Data, err = decodeHParams([]byte(content))
		}
	}
	if err != nil {
		return v, fmt.Errorf("tag %q: %w", v.Tag, err)
	}
	return v, nil
}

// decodeMetadata returns the plugin and its data from a SummaryMetadata.
func decodeMetadata(b []byte) (plugin, content string, err error) {
	err = fields(b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		return fields(f.bytes, func(f field) error {
			switch f.num {
			case 1:
				plugin = string(f.bytes)
			case 2:
				content = string(f.bytes)
			}
			return nil
		})
	})
	return plugin, content, err
}

func decodeImage(b []byte) (img Image, err error) {
	err = fields(b, func(f field) error {
		switch f.num {
		case 1:
			img.Height = int(int32(f.number))
		case 2:
			img.Width = int(int32(f.number))
		case 3:
			img.Channels = int(int32(f.number))
		case 4:
			img.Encoded = append([]byte(nil), f.bytes...)
		}
		return nil
	})
	return img, err
}

func decodeHistogram(b []byte) (h Histogram, err error) {
	err = fields(b, func(f field) error {
		switch f.num {
		case 1:
			h.Min = f.double()
		case 2:
			h.Max = f.double()
		case 3:
			h.Num = f.double()
		case 4:
			h.Sum = f.double()
		case 5:
			h.SumSquares = f.double()
		case 6:
			return appendDoubles(&h.Limits, f)
		case 7:
			return appendDoubles(&h.Counts, f)
		}
		return nil
	})
	if err == nil && len(h.Limits) != len(h.Counts) {
		err = fmt.Errorf("a histogram of %d limits and %d counts", len(h.Limits), len(h.Counts))
	}
	return h, err
}

// appendDoubles appends the numbers of a repeated field, packed or single.
func appendDoubles(to *[]float64, f field) error {
	if f.bytes == nil {
		*to = append(*to, f.double())
		return nil
	}
	if len(f.bytes)%8 != 0 {
		return fmt.Errorf("field %d: %d bytes are no float64 numbers", f.num, len(f.bytes))
	}
	for b := f.bytes; len(b) > 0; b = b[8:] {
		*to = append(*to, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return nil
}

// decodeText returns the first string of a TensorProto.
func decodeText(b []byte) (any, error) {
	var found any
	err := fields(b, func(f field) error {
		if f.num == 8 && found == nil {
			found = Text(f.bytes)
		}
		return nil
	})
	return found, err
}

// decodeScalar returns the first number of a TensorProto of float32 or float64.
func decodeScalar(b []byte) (any, error) {
	var found any
	err := fields(b, func(f field) error {
		switch size := len(f.bytes); {
		case found != nil:
		case f.num == 5 && f.bytes == nil:
			found = Scalar(f.float())
		case (f.num == 5 || f.num == 4) && size == 4: // packed, or the content in little-endian order
			found = Scalar(math.Float32frombits(binary.LittleEndian.Uint32(f.bytes)))
		case f.num == 6 && f.bytes == nil:
			found = Scalar(f.double())
		case (f.num == 6 || f.num == 4) && size == 8:
			found = Scalar(math.Float64frombits(binary.LittleEndian.Uint64(f.bytes)))
		}
		return nil
	})
	return found, err
}

// decodeHParams returns what the content of the hparams plugin says: HParams, SessionEnd or nil.
func decodeHParams(b []byte) (any, error) {
	var found any
	err := fields(b, func(f field) (err error) {
		switch f.num {
		case 3:
			found, err = decodeSessionStart(f.bytes)
		case 4:
			var end SessionEnd
			err = fields(f.bytes, func(f field) error {
				switch f.num {
				case 1:
					end.Status = Status(int32(f.number))
				case 2:
					end.End = timeOf(f.double())
				}
				return nil
			})
			found = end
		}
		return err
	})
	return found, err
}

func decodeSessionStart(b []byte) (HParams, error) {
	p := HParams{Values: map[string]any{}}
	err := fields(b, func(f field) error {
		switch f.num {
		case 1: // an entry of the map
			name, value, err := decodeEntry(f.bytes, func(f field) any {
				switch f.num {
				case 2:
					return f.double()
				case 3:
					return string(f.bytes)
				case 4:
					return protowire.DecodeBool(f.number)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if name != "" && value != nil {
				p.Values[name] = value
			}
		case 4:
			p.Group = string(f.bytes)
		case 5:
			p.Start = timeOf(f.double())
		}
		return nil
	})
	return p, err
}

// decodeEntry returns the key of a map's entry, and from the message that is its value what get returns for one of the
// fields.
func decodeEntry(b []byte, get func(f field) any) (key string, value any, err error) {
	err = fields(b, func(f field) error {
		switch f.num {
		case 1:
			key = string(f.bytes)
		case 2:
			return fields(f.bytes, func(f field) error {
				if v := get(f); v != nil {
					value = v
				}
				return nil
			})
		}
		return nil
	})
	return key, value, err
}

func decodeGraph(b []byte, e *Event) error {
	return fields(b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		if len(e.Graph) == maxNodes {
			return fmt.Errorf("a graph of more than %d nodes", maxNodes)
		}
		n, err := decodeNode(f.bytes)
		if err != nil {
			return fmt.Errorf("node %q of the graph: %w", n.Name, err)
		}
		e.Graph = append(e.Graph, n)
		return nil
	})
}

func decodeNode(b []byte) (n Node, err error) {
	err = fields(b, func(f field) error {
		switch f.num {
		case 1:
			n.Name = string(f.bytes)
		case 2:
			n.Op = string(f.bytes)
		case 3:
			n.Inputs = append(n.Inputs, string(f.bytes))
		case 5:
			var list []byte
			name, value, err := decodeEntry(f.bytes, func(f field) any {
				switch f.num {
				case 1:
					list = f.bytes
				case 2:
					return string(f.bytes)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if s, ok := value.(string); ok {
				if n.Attrs == nil {
					n.Attrs = map[string]string{}
				}
				n.Attrs[name] = s
			}
			if name == shapesAttr {
				return decodeShapes(list, &n)
			}
		}
		return nil
	})
	return n, err
}

// decodeShapes appends the shapes of a list of TensorShapeProto.
func decodeShapes(b []byte, n *Node) error {
	return fields(b, func(f field) error {
		if f.num != 7 {
			return nil
		}
		shape := []int{}
		err := fields(f.bytes, func(f field) error {
			if f.num != 2 {
				return nil
			}
			size := int64(0)
			err := fields(f.bytes, func(f field) error {
				if f.num == 1 {
					size = int64(f.number)
				}
				return nil
			})
			shape = append(shape, int(size))
			return err
		})
		n.Shapes = append(n.Shapes, shape)
		return err
	})
}
