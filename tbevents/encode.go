package tbevents

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// message appends a field of type num that holds the message that f appends.
func message(b []byte, num protowire.Number, f func(b []byte) []byte) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	start := len(b)
	b = f(b)
	n := len(b) - start
	var prefix [10]byte
	return slices.Insert(b, start, protowire.AppendVarint(prefix[:0], uint64(n))...)
}

func text(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

func integer(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

func double(b []byte, num protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), math.Float64bits(v))
}

func float(b []byte, num protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), math.Float32bits(v))
}

func doubles(b []byte, num protowire.Number, v []float64) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(8*len(v)))
	for _, x := range v {
		b = protowire.AppendFixed64(b, math.Float64bits(x))
	}
	return b
}

// appendEvent appends the encoding of e, a tensorflow.Event.
func appendEvent(b []byte, e *Event) []byte {
	b = double(b, 1, seconds(e.Time))
	b = integer(b, 2, e.Step)
	switch {
	case e.Version != "":
		b = text(b, 3, e.Version)
	case e.Start:
		const start = 1                                                          // SessionLog.START
		b = message(b, 7, func(b []byte) []byte { return integer(b, 1, start) }) // session_log
	case e.Graph != nil:
		b = message(b, 4, func(b []byte) []byte { return appendGraph(b, e.Graph) })
	default:
		b = message(b, 5, func(b []byte) []byte {
			for i := range e.Values {
				b = message(b, 1, func(b []byte) []byte { return appendValue(b, &e.Values[i]) })
			}
			return b
		})
	}
	return b
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// appendValue appends a Summary.Value.
func appendValue(b []byte, v *Value) []byte {
	b = text(b, 1, v.Tag)
	switch d := v.Data.(type) {
	case Scalar:
		b = float(b, 2, float32(d))
	case *Scalar:
		b = float(b, 2, float32(*d))
	case Histogram:
		b = message(b, 5, func(b []byte) []byte {
			for i, v := range []float64{d.Min, d.Max, d.Num, d.Sum, d.SumSquares} {
				b = double(b, protowire.Number(i+1), v)
			}
			return doubles(doubles(b, 6, d.Limits), 7, d.Counts)
		})
	case Image:
		b = message(b, 4, func(b []byte) []byte {
			b = integer(b, 1, int64(d.Height))
			b = integer(b, 2, int64(d.Width))
			b = integer(b, 3, int64(d.Channels))
			return text(b, 4, string(d.Encoded))
		})
	case Text:
		b = message(b, 8, func(b []byte) []byte { // a TensorProto
			const dtString = 7
			b = integer(b, 1, dtString)
			b = message(b, 2, func(b []byte) []byte { // of shape (1,)
				return message(b, 2, func(b []byte) []byte { return integer(b, 1, 1) })
			})
			return text(b, 8, string(d))
		})
		b = plugin(b, "text", func(b []byte) []byte { return b })
	case HParams:
		b = plugin(b, "hparams", func(b []byte) []byte {
			return message(b, 3, func(b []byte) []byte { // session_start_info
				for _, name := range slices.Sorted(maps.Keys(d.Values)) {
					b = message(b, 1, func(b []byte) []byte { return appendHParam(text(b, 1, name), d.Values[name]) })
				}
				if d.Group != "" {
					b = text(b, 4, d.Group)
				}
				return double(b, 5, seconds(d.Start))
			})
		})
	case SessionEnd:
		b = plugin(b, "hparams", func(b []byte) []byte {
			return message(b, 4, func(b []byte) []byte { // session_end_info
				return double(integer(b, 1, int64(d.Status)), 2, seconds(d.End))
			})
		})
	}
	return b
}

// plugin appends SummaryMetadata with the data of a plugin.
func plugin(b []byte, name string, content func(b []byte) []byte) []byte {
	return message(b, 9, func(b []byte) []byte {
		return message(b, 1, func(b []byte) []byte { return message(text(b, 1, name), 2, content) })
	})
}

// appendHParam appends the value of an entry of a map to google.protobuf.Value.
func appendHParam(b []byte, value any) []byte {
	return message(b, 2, func(b []byte) []byte {
		switch v := reflect.ValueOf(value); {
		case value == nil:
		case v.CanFloat():
			return double(b, 2, v.Float())
		case v.CanInt() && !isStringer(value):
			return double(b, 2, float64(v.Int()))
		case v.CanUint() && !isStringer(value):
			return double(b, 2, float64(v.Uint()))
		case v.Kind() == reflect.Bool:
			return integer(b, 4, int64(protowire.EncodeBool(v.Bool())))
		}
		return text(b, 3, fmt.Sprint(value))
	})
}

// isStringer reports whether a number has a text, such as a time.Duration.
func isStringer(value any) bool {
	_, ok := value.(fmt.Stringer)
	return ok
}

// appendGraph appends a GraphDef.
func appendGraph(b []byte, nodes []Node) []byte {
	for i := range nodes {
		b = message(b, 1, func(b []byte) []byte { return appendNode(b, &nodes[i]) })
	}
	const producer = 22 // the version that PyTorch's graphs name
	return message(b, 4, func(b []byte) []byte { return integer(b, 1, producer) })
}

func appendNode(b []byte, n *Node) []byte {
	b = text(b, 1, n.Name)
	b = text(b, 2, n.Op)
	for _, in := range n.Inputs {
		b = text(b, 3, in)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Attrs)) {
		b = attr(b, name, func(b []byte) []byte { return text(b, 2, n.Attrs[name]) })
	}
	if len(n.Shapes) == 0 {
		return b
	}
	return attr(b, shapesAttr, func(b []byte) []byte {
		return message(b, 1, func(b []byte) []byte { // a list
			for _, shape := range n.Shapes {
				b = message(b, 7, func(b []byte) []byte {
					for _, size := range shape {
						b = message(b, 2, func(b []byte) []byte { return integer(b, 1, int64(size)) })
					}
					return b
				})
			}
			return b
		})
	})
}

// shapesAttr is the attribute from which TensorBoard reads the shapes of a node's results.
const shapesAttr = "_output_shapes"

func attr(b []byte, name string, value func(b []byte) []byte) []byte {
	return message(b, 5, func(b []byte) []byte { return message(text(b, 1, name), 2, value) })
}
