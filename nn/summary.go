package nn

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// MultiplyAdder is implemented by layers that can say how many multiplications, each with an addition, make y from x.
type MultiplyAdder interface {
	MultiplyAdds(x, y tensor.Shape) int
}

// SummaryTable describes a model by the forward pass of one input.
type SummaryTable struct {
	Input tensor.Shape
	Rows  []SummaryRow // in the order of the forward pass, then the layers with parameters that it left out
	Total SummaryRow   // its bytes are those of all rows

	Trainable int // parameters that ask for a gradient
}

// SummaryRow is one layer's part in a SummaryTable.
type SummaryRow struct {
	Path         string       // such as "fc1"; empty for the model itself
	Type         string       // such as "Linear"
	Output       tensor.Shape // of the layer's result
	Parameters   int          // numbers in the layer's own parameters; 0 where an earlier row counts them
	MultiplyAdds int
	ParamBytes   int // of parameters and buffers
	OutputBytes  int // of the result; 0 where it shares its input's memory
	Unused       bool
	Again        bool // the layer was in an earlier row
}

// Summary computes model's forward pass, in evaluation mode, for zeros of the given shape, the batch included, and returns what each
// layer reported. Print the result:
//
//	fmt.Println(nn.Summary(model, 1, 784))
func Summary(model Module, input ...int) *SummaryTable {
	dt, dev := tensor.Float32, tensor.CPU()
	for _, p := range NamedParameters(model) {
		if p.Tensor.DType().IsFloat() {
			dt, dev = p.Tensor.DType(), p.Tensor.Device()
			break
		}
	}
	return SummaryOf(model, tensor.Options{DType: dt, Device: dev}.Zeros(input...))
}

// SummaryOf is Summary for an input that is at hand.
func SummaryOf(model Module, x tensor.Tensor) *SummaryTable {
	table := &SummaryTable{Input: x.Shape()}
	paths, own := ownTensors(model)
	called, counted := map[any]bool{}, map[string]bool{}
	s := predicting(x.Device())
	defer s.Recycle()
	observe(model, x.Keep().In(s), s, func(layer any, x, y tensor.Tensor) {
		row := SummaryRow{Path: "not in the model", Type: typeName(layer), Output: y.Shape()}
		if y.Array().Mem != x.Array().Mem {
			row.OutputBytes = y.Len() * y.DType().Size()
		}
		if m, ok := layer.(MultiplyAdder); ok {
			row.MultiplyAdds = m.MultiplyAdds(x.Shape(), y.Shape())
		}
		if reflect.ValueOf(layer).Comparable() {
			if path, ok := paths[layer]; ok {
				row.Path, row.Again = path, called[layer]
			}
			called[layer] = true
		}
		if o := own[row.Path]; o != nil && !counted[row.Path] {
			row.Parameters, row.ParamBytes = o.parameters, o.bytes
			counted[row.Path] = true
		}
		table.Rows = append(table.Rows, row)
	})
	walker{module: func(path string, m any) {
		if o := own[path]; o != nil && !counted[path] {
			counted[path] = true
			table.Rows = append(table.Rows, SummaryRow{Path: path, Type: typeName(m), Parameters: o.parameters, ParamBytes: o.bytes, Unused: true})
		}
	}}.walk(model)
	for _, r := range table.Rows {
		table.Total.Parameters += r.Parameters
		table.Total.MultiplyAdds += r.MultiplyAdds
		table.Total.ParamBytes += r.ParamBytes
		table.Total.OutputBytes += r.OutputBytes
	}
	for _, p := range NamedParameters(model) {
		if p.Tensor.RequiresGrad() {
			table.Trainable += p.Tensor.Len()
		}
	}
	return table
}

// owned is the tensors that belong to the module at a path and to none below it.
type owned struct{ parameters, bytes int }

// ownTensors returns where each module of model is, and what those with tensors own: a shared tensor belongs to the first.
func ownTensors(model any) (paths map[any]string, own map[string]*owned) {
	paths, own = map[any]string{}, map[string]*owned{}
	modules := map[string]bool{}
	seen := map[tensor.Tensor]bool{}
	walker{
		module: func(path string, m any) {
			modules[path] = true
			if _, ok := paths[m]; !ok {
				paths[m] = path
			}
		},
		tensor: func(path string, t tensor.Tensor, buffer bool) {
			if seen[t] {
				return
			}
			seen[t] = true
			for path != "" && !modules[path] {
				path = path[:max(0, strings.LastIndexByte(path, '.'))]
			}
			if own[path] == nil {
				own[path] = &owned{}
			}
			own[path].bytes += t.Len() * t.DType().Size()
			if !buffer {
				own[path].parameters += t.Len()
			}
		},
	}.walk(model)
	return paths, own
}

func typeName(layer any) string {
	t := reflect.TypeOf(layer)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// String returns the table as text.
func (t *SummaryTable) String() string {
	lines := [][]string{{"layer", "type", "output shape", "parameters", "multiply-adds", "weights", "output"}}
	for _, r := range t.Rows {
		line := []string{r.Path, r.Type, r.Output.String(), count(r.Parameters), count(r.MultiplyAdds), size(r.ParamBytes), size(r.OutputBytes)}
		if r.Path == "" {
			line[0] = "model"
		}
		if r.Again {
			line[3], line[5] = "again", "again"
		}
		if r.Unused {
			line[2], line[4], line[6] = "not called", "", ""
		}
		lines = append(lines, line)
	}
	total := t.Total
	lines = append(lines, []string{"total", "", "", count(total.Parameters), count(total.MultiplyAdds), size(total.ParamBytes), size(total.OutputBytes)})

	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	rule := -2
	for _, w := range width {
		rule += w + 2
	}
	var b strings.Builder
	for i, line := range lines {
		if i == 1 || i == len(lines)-1 {
			b.WriteString(strings.Repeat("─", rule) + "\n")
		}
		var text strings.Builder
		for j, cell := range line {
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			if j < 3 {
				text.WriteString(cell + pad + "  ")
			} else {
				text.WriteString(pad + cell + "  ")
			}
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	fmt.Fprintf(&b, "input %s, %s parameters", t.Input, cmp.Or(count(total.Parameters), "no"))
	switch {
	case total.Parameters == 0:
	case t.Trainable == total.Parameters:
		b.WriteString(", all trained")
	case t.Trainable == 0:
		b.WriteString(", none of them trained")
	default:
		fmt.Fprintf(&b, ", %s of them trained", count(t.Trainable))
	}
	return b.String()
}

// count returns n with its digits in groups of three; nothing for 0.
func count(n int) string {
	if n == 0 {
		return ""
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size returns bytes in a unit that a person reads; nothing for 0.
func size(n int) string {
	if n == 0 {
		return ""
	}
	if n < 1024 {
		return strconv.Itoa(n) + " B"
	}
	v, unit := float64(n)/1024, 0
	for v >= 1024 && unit < 3 {
		v, unit = v/1024, unit+1
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + [...]string{"KiB", "MiB", "GiB", "TiB"}[unit]
}
