package tbevents

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// GraphOf computes model's forward pass for x in evaluation mode, without recording, and returns its graph: a node for
// each call of a layer without inner layers, named by its path with slashes, such as "layer1/0/conv1", between the nodes
// "input" and "output". A node has the shapes of the results, with −1 for the batch dimension, and those of the
// parameters. The model stays in evaluation mode.
//
// A layer reads from the layer whose result is its input. If operations such as x.ReLU() or a sum lie between, which
// are no layers, it reads from all layers whose results no other layer has read.
func GraphOf(model nn.Module, x tensor.Tensor) []Node {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	s := tensor.NewScope(x.Device())
	s.SetRecording(false)
	defer s.Recycle()
	x = x.Keep().InScope(s)
	var calls []call
	s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
		path := nn.PathOf(model, layer)
		if path == "model" && len(calls) > 0 {
			return // its layers are the nodes
		}
		c := call{layer: layer, path: strings.TrimPrefix(path, "model."), inputs: slices.Clone(inputs), outputs: slices.Clone(outputs)}
		for _, y := range outputs { // now, because the model may release them
			c.shapes = append(c.shapes, batchShape(y))
		}
		calls = append(calls, c)
	})
	defer s.Observe(nil)
	y := model.Forward(x)
	calls = append(calls, call{path: "output", inputs: []tensor.Tensor{y}})

	g := grapher{from: map[tensor.Tensor][]string{}, names: map[string]bool{}, parameters: nn.NamedParameters(model)}
	g.add(call{path: "input", outputs: []tensor.Tensor{x}, shapes: [][]int{batchShape(x)}}, "Placeholder")
	for i, c := range calls {
		switch {
		case i == len(calls)-1:
			g.add(c, "Output")
		case c.path == "" || !slices.ContainsFunc(calls, func(o call) bool { return strings.HasPrefix(o.path, c.path+".") }):
			g.add(c, typeName(c.layer))
		default: // its inner layers are nodes
			g.pass(c)
		}
	}
	return g.nodes
}

// call is a call of a layer; path is empty for a layer that is not part of the model.
type call struct {
	layer           any
	path            string
	inputs, outputs []tensor.Tensor
	shapes          [][]int // of the outputs
}

// batchShape returns the shape of x with an unknown first size.
func batchShape(x tensor.Tensor) []int {
	dims := x.Shape().Dims()
	if len(dims) > 0 {
		dims[0] = -1
	}
	return dims
}

type grapher struct {
	nodes      []Node
	names      map[string]bool
	parameters []nn.Named
	from       map[tensor.Tensor][]string // the nodes from which a tensor was computed
	open       []string                   // nodes whose results no node has read
}

func (g *grapher) add(c call, op string) {
	n := Node{Name: g.unique(strings.ReplaceAll(c.path, ".", "/"), op), Op: op, Shapes: c.shapes}
	for _, x := range c.inputs {
		n.Inputs = append(n.Inputs, g.from[x]...)
	}
	if len(n.Inputs) == 0 && len(c.inputs) > 0 {
		n.Inputs = slices.Clone(g.open)
		g.from[c.inputs[0]] = n.Inputs // for other layers that read it
	}
	slices.Sort(n.Inputs)
	n.Inputs = slices.Compact(n.Inputs)
	g.open = slices.DeleteFunc(g.open, func(name string) bool { return slices.Contains(n.Inputs, name) })
	for _, y := range c.outputs {
		g.from[y] = []string{n.Name}
	}
	var parameters []string
	for _, p := range g.parameters {
		name, inside := strings.CutPrefix(p.Name, c.path+".")
		if (inside || c.path == "model") && !strings.Contains(name, ".") {
			parameters = append(parameters, fmt.Sprintf("%s %v", name, p.Tensor.Shape()))
		}
	}
	if parameters != nil {
		n.Attrs = map[string]string{"parameters": strings.Join(parameters, ", ")}
	}
	g.open = append(g.open, n.Name)
	g.nodes = append(g.nodes, n)
}

// pass records from which nodes the results of a layer with inner layers come, if it is not the result of one: from
// its inner layers whose results no node has read.
func (g *grapher) pass(c call) {
	var from []string
	for _, name := range g.open {
		if strings.HasPrefix(name, strings.ReplaceAll(c.path, ".", "/")+"/") {
			from = append(from, name)
		}
	}
	for _, y := range c.outputs {
		if g.from[y] == nil {
			g.from[y] = from
		}
	}
}

// unique returns a name that no node has: the path, or the op of a layer without one, with a number if it is taken.
func (g *grapher) unique(path, op string) string {
	if path == "" {
		path = op
	}
	name := path
	for i := 1; g.names[name]; i++ {
		name = fmt.Sprintf("%s_%d", path, i)
	}
	g.names[name] = true
	return name
}

func typeName(layer any) string {
	t := reflect.TypeOf(layer)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
