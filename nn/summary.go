package nn

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tensor"
)

// MultiplyAdder is implemented by layers that know how many multiply-adds their Forward takes for inputs and outputs
// of these shapes.
type MultiplyAdder interface {
	MultiplyAdds(inputs, outputs []tensor.Shape) int
}

// SummaryTable describes the layers of a model and one forward pass.
type SummaryTable struct {
	Inputs []tensor.Shape
	Rows   []SummaryRow // in the order of the forward pass, then the layers that did not report
	Total  SummaryRow   // the sums over the rows

	Trainable int // number of elements of the parameters that are not frozen
}

// SummaryRow describes one call of a layer in a SummaryTable.
type SummaryRow struct {
	Path    string         // such as "fc1"; empty for the model itself
	Type    string         // such as "Linear"
	Outputs []tensor.Shape // shapes of the layer's results
	// elements of the layer's parameters, without inner layers; 0 if an earlier row counts them
	Parameters   int
	MultiplyAdds int
	ParamBytes   int  // bytes of the parameters and buffers
	OutputBytes  int  // bytes of the results, except those that share memory with an input
	Again        bool // an earlier row describes the same layer

	// Unseen is true for a layer that did not report: it was not called, its Forward does not call Report or
	// ReportAll, or no argument depends on the model's inputs.
	Unseen bool
}

// Summary computes model's forward pass in evaluation mode for zeros of the given shape, including the batch
// dimension, and returns a table of the layers. Operations outside of layers, such as x.ReLU() in a model's Forward,
// have no row. Print the result:
//
//	fmt.Println(nn.Summary(model, 1, 784))
func Summary(model any, input ...int) *SummaryTable {
	dt, dev := tensor.Float32, tensor.CPU()
	for _, p := range NamedParameters(model) {
		if p.Tensor.DType().IsFloat() {
			dt, dev = p.Tensor.DType(), p.Tensor.Device()
			break
		}
	}
	return SummaryOf(model, tensor.Options{DType: dt, Device: dev}.Zeros(input...))
}

// SummaryOf is Summary for given inputs, the arguments of model's method Forward:
//
//	fmt.Println(nn.SummaryOf(decoder, words, State{h, c}))
func SummaryOf(model any, inputs ...any) *SummaryTable {
	table := &SummaryTable{Inputs: shapesOf(tensorsIn(inputs))}
	paths, own := ownTensors(model)
	seen, counted := map[string]bool{}, map[string]bool{}
	observe("Summary", model, inputs, func(layer any, inputs, outputs []tensor.Tensor) {
		row := SummaryRow{Path: "not in the model", Type: typeName(layer), Outputs: shapesOf(outputs)}
		for _, y := range outputs {
			if !slices.ContainsFunc(inputs, func(x tensor.Tensor) bool { return tensor.SharesMemory(x, y) }) {
				row.OutputBytes += y.Len() * y.DType().Size()
			}
		}
		if m, ok := layer.(MultiplyAdder); ok {
			row.MultiplyAdds = m.MultiplyAdds(shapesOf(inputs), row.Outputs)
		}
		if reflect.ValueOf(layer).Comparable() {
			if path, ok := paths[layer]; ok {
				row.Path, row.Again = path, seen[path]
				seen[path] = true
			}
		}
		if o := own[row.Path]; o != nil && !counted[row.Path] {
			row.Parameters, row.ParamBytes = o.parameters, o.bytes
			counted[row.Path] = true
		}
		table.Rows = append(table.Rows, row)
	}, nil, nil)
	table.addUnseen(model, paths, own, seen, counted)
	for _, r := range table.Rows {
		table.Total.Parameters += r.Parameters
		table.Total.MultiplyAdds += r.MultiplyAdds
		table.Total.ParamBytes += r.ParamBytes
		table.Total.OutputBytes += r.OutputBytes
	}
	for _, p := range NamedParameters(model) {
		if !p.Tensor.Frozen() {
			table.Trainable += p.Tensor.Len()
		}
	}
	return table
}

// addUnseen adds rows for modules that did not report: those that hold tensors, and layers without inner layers.
func (t *SummaryTable) addUnseen(model any, paths map[any]string, own map[string]*owned,
	seen, counted map[string]bool) {
	var layers []string
	walker{module: func(path string, m any) {
		if isLayer(reflect.TypeOf(m)) {
			layers = append(layers, path)
		}
	}}.walk(model)
	holdsLayers := func(path string) bool {
		return slices.ContainsFunc(layers, func(p string) bool { return p != path && strings.HasPrefix(p, joinPath(path, "")) })
	}
	walker{module: func(path string, m any) {
		row := SummaryRow{Path: path, Type: typeName(m), Unseen: true}
		switch o := own[path]; {
		case o != nil && !counted[path]:
			row.Parameters, row.ParamBytes = o.parameters, o.bytes
		case seen[paths[m]] || counted[path] || !isLayer(reflect.TypeOf(m)) || holdsLayers(path):
			return
		}
		counted[path] = true
		t.Rows = append(t.Rows, row)
	}}.walk(model)
}

func shapesOf(tensors []tensor.Tensor) []tensor.Shape {
	shapes := make([]tensor.Shape, len(tensors))
	for i, t := range tensors {
		shapes[i] = t.Shape()
	}
	return shapes
}

// shapesText formats shapes, such as "(2, 3), (2,)".
func shapesText(shapes []tensor.Shape) string {
	parts := make([]string, len(shapes))
	for i, s := range shapes {
		parts[i] = s.String()
	}
	return strings.Join(parts, ", ")
}

// owned counts the tensors that belong to a module and not to an inner one.
type owned struct{ parameters, bytes int }

// ownTensors returns the path of each module of model, keyed by its address and, for layers such as losses, also by
// its value. It also returns the count of the tensors that each path owns. A shared tensor belongs to the first
// module that holds it.
func ownTensors(model any) (paths map[any]string, own map[string]*owned) {
	paths, own = map[any]string{}, map[string]*owned{}
	modules := map[string]bool{}
	seen := map[tensor.Tensor]bool{}
	walker{
		module: func(path string, m any) {
			modules[path] = true
			for _, layer := range []any{m, valueOf(m)} {
				if _, ok := paths[layer]; !ok && layer != nil {
					paths[layer] = path
				}
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
	unseen := false
	lines := [][]string{{"layer", "type", "output shape", "parameters", "multiply-adds", "weights", "output"}}
	for _, r := range t.Rows {
		line := append([]string{r.Path, r.Type, shapesText(r.Outputs)}, r.numbers()...)
		if r.Path == "" {
			line[0] = "model"
		}
		if r.Again {
			line[3], line[5] = "again", "again"
		}
		if r.Unseen {
			line[2] = "not seen"
			unseen = true
		}
		lines = append(lines, line)
	}
	total := t.Total
	lines = append(lines, append([]string{"total", "", ""}, total.numbers()...))

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
	fmt.Fprintf(&b, "input %s, %s parameters", shapesText(t.Inputs), cmp.Or(count(total.Parameters), "no"))
	switch {
	case total.Parameters == 0:
	case t.Trainable == total.Parameters:
		b.WriteString(", all trained")
	case t.Trainable == 0:
		b.WriteString(", none of them trained")
	default:
		fmt.Fprintf(&b, ", %s of them trained", count(t.Trainable))
	}
	if unseen {
		b.WriteString("\nnot seen: not called, does not call nn.Report, or no argument depends on the input")
	}
	return b.String()
}

// numbers formats the parameters, multiply-adds and bytes of a row.
func (r *SummaryRow) numbers() []string {
	return []string{count(r.Parameters), count(r.MultiplyAdds), size(r.ParamBytes), size(r.OutputBytes)}
}

// count formats n with thousands separators, and 0 as "".
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

// size formats a number of bytes with a unit, and 0 as "".
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
