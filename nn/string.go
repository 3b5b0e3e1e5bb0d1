package nn

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/tensor"
)

// Sprint formats model as PyTorch prints a module: one line per layer, with its name and settings. To print your own
// model with fmt.Println, give it the method
//
//	func (m *Net) String() string { return nn.Sprint(m) }
//
// Your own layer without inner layers is formatted by its method String if it has one, else with its settings and
// parameters.
func Sprint(model any) string {
	p := printer{inside: map[ref]bool{}}
	return p.text(reflect.ValueOf(model), true)
}

// A printer formats a model. inside holds the pointers, slices and maps on the path to the current value.
type printer struct {
	inside map[ref]bool
	visits int // how many pointers, slices and maps were entered; see maxVisits
}

// text formats v. It does not call the method String of the model itself or of a model with layers, because that may
// call Sprint.
func (p *printer) text(v reflect.Value, root bool) string {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return "nil"
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return "nil"
		}
		at := refOf(v)
		if p.visits++; p.inside[at] || p.visits > maxVisits/16 {
			return "…"
		}
		p.inside[at] = true
		defer delete(p.inside, at)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return p.text(v.Elem(), root)
	case reflect.Struct:
		var c contents
		p.fields(v, &c)
		if len(c.layers) == 0 && (!root || isBuiltin(v.Type())) && !promotesString(v.Type()) {
			if s, ok := stringerOf(v); ok {
				return s.String()
			}
		}
		return c.text(cmp.Or(v.Type().Name(), "struct"))
	case reflect.Slice, reflect.Array:
		var c contents
		for i := range v.Len() {
			c.addLayer(strconv.Itoa(i), p.text(v.Index(i), false))
		}
		return c.text(listName(v.Type()))
	case reflect.Map:
		var c contents
		for _, k := range sortedKeys(v) {
			c.addLayer(fmt.Sprint(k), p.text(v.MapIndex(k), false))
		}
		return c.text(listName(v.Type()))
	}
	return fmt.Sprint(v)
}

// stringerOf returns the struct v, or a pointer to it, as a Stringer.
func stringerOf(v reflect.Value) (s fmt.Stringer, ok bool) {
	if v.CanAddr() {
		v = v.Addr()
	}
	s, ok = v.Interface().(fmt.Stringer)
	return s, ok
}

// isBuiltin reports whether t is a type of this package.
func isBuiltin(t reflect.Type) bool { return t.PkgPath() == reflect.TypeFor[Linear]().PkgPath() }

// promotesString reports whether the struct t embeds a field with a method String, which would hide the other fields.
func promotesString(t reflect.Type) bool {
	stringer := reflect.TypeFor[fmt.Stringer]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && (f.Type.Implements(stringer) ||
			reflect.PointerTo(f.Type).Implements(stringer)) {
			return true
		}
	}
	return false
}

func listName(t reflect.Type) string {
	if t.Name() != "" {
		return t.Name()
	}
	return t.String()
}

// contents holds the settings, tensors and inner layers of a module as text.
type contents struct {
	settings []string
	names    []string
	layers   []string
	tensors  []string // "name: type shape", for modules with layers
}

func (c *contents) addLayer(name, text string) {
	c.names = append(c.names, name)
	c.layers = append(c.layers, text)
}

// fields adds the fields of the struct v and of the structs embedded in it.
func (p *printer) fields(v reflect.Value, c *contents) {
	t := v.Type()
	walked := map[int]field{}
	for _, f := range fieldsOf(t) {
		walked[f.index] = f
	}
	for i := range t.NumField() {
		f, value := t.Field(i), v.Field(i)
		info, ok := walked[i]
		switch {
		case f.Tag.Get("nn") == "-" || ok && info.guard || !ok && !f.IsExported():
		case ok && info.key == "":
			for value.Kind() == reflect.Pointer && !value.IsNil() {
				value = value.Elem()
			}
			if value.Kind() == reflect.Struct {
				p.fields(value, c)
			}
		case !ok:
			if s := setting(value); s != "" {
				c.settings = append(c.settings, snake(f.Name)+"="+s)
			}
		case f.Type.Implements(parameterListType):
			value.Interface().(parameterList).each(func(key string, x tensor.Tensor) {
				if x.Defined() {
					c.tensors = append(c.tensors, fmt.Sprintf("%s: %s %s", key, x.DType(), x.Shape()))
				}
			})
		case f.Type == tensorType:
			if x := value.Interface().(tensor.Tensor); x.Defined() {
				c.tensors = append(c.tensors, fmt.Sprintf("%s: %s %s", info.key, x.DType(), x.Shape()))
			}
		case f.Type == generatorType || f.Type.Kind() == reflect.Interface && !isLayer(f.Type) &&
			!mayHoldLayers(value.Elem()):
		case f.Type.Kind() == reflect.Pointer && value.IsNil() && !isLayer(f.Type):
		default:
			c.addLayer(info.key, p.text(value, false))
		}
	}
}

// mayHoldLayers reports whether v, the value of an interface, may hold layers or tensors.
func mayHoldLayers(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	t := v.Type()
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return follows(t)
	}
	return isLayer(t) || holds(t)
}

// setting formats a number, string or bool, or a pointer to one. It returns "" for a zero value and for other types.
func setting(v reflect.Value) string {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		if k := v.Elem().Kind(); k >= reflect.Bool && k <= reflect.Float64 {
			return fmt.Sprint(v.Elem())
		}
		return ""
	}
	switch k := v.Kind(); {
	case v.IsZero():
		return ""
	case k == reflect.String:
		return strconv.Quote(v.String())
	case k >= reflect.Bool && k <= reflect.Float64:
		return fmt.Sprint(v)
	}
	return ""
}

// text formats the module of that name: on one line if it has no inner layers, else with one line per layer.
func (c *contents) text(name string) string {
	if len(c.layers) == 0 {
		for _, t := range c.tensors {
			c.settings = append(c.settings, strings.Replace(t, ": ", "=", 1))
		}
		return name + "(" + strings.Join(c.settings, ", ") + ")"
	}
	var b strings.Builder
	b.WriteString(name + "(\n")
	if len(c.settings) > 0 {
		b.WriteString("  " + strings.Join(c.settings, ", ") + "\n")
	}
	for _, t := range c.tensors {
		key, rest, _ := strings.Cut(t, ": ")
		b.WriteString("  (" + key + "): " + rest + "\n")
	}
	for i := 0; i < len(c.layers); {
		n := 1 // consecutive equal layers share a line
		for c.isIndex(i) && i+n < len(c.layers) && c.layers[i+n] == c.layers[i] {
			n++
		}
		text := strings.ReplaceAll(c.layers[i], "\n", "\n  ")
		if n == 1 {
			fmt.Fprintf(&b, "  (%s): %s\n", c.names[i], text)
		} else {
			fmt.Fprintf(&b, "  (%s-%s): %d x %s\n", c.names[i], c.names[i+n-1], n, text)
		}
		i += n
	}
	return b.String() + ")"
}

// isIndex reports whether the name of layer i is its index.
func (c *contents) isIndex(i int) bool { return c.names[i] == strconv.Itoa(i) }

// String formats the layers as [Sprint] does, one line per layer.
func (s Sequential) String() string { return Sprint(s) }

// String returns a line such as "Linear(in_features=784, out_features=128, bias=True)".
func (l *Linear) String() string {
	w := l.Parametrizations.like(l.Weight)
	if !w.Defined() || w.Rank() != 2 {
		return "Linear()"
	}
	lora := ""
	if l.LoRA != nil {
		lora = fmt.Sprintf(", lora=%d", l.LoRA.Rank())
	}
	return fmt.Sprintf("Linear(in_features=%d, out_features=%d, bias=%s%s)", w.Dim(1), w.Dim(0),
		boolText(l.Bias.Defined()), lora)
}

// String returns a line such as "Bilinear(in1_features=3, in2_features=4, out_features=2, bias=True)".
func (l *Bilinear) String() string {
	if !l.Weight.Defined() || l.Weight.Rank() != 3 {
		return "Bilinear()"
	}
	return fmt.Sprintf("Bilinear(in1_features=%d, in2_features=%d, out_features=%d, bias=%s)",
		l.Weight.Dim(1), l.Weight.Dim(2), l.Weight.Dim(0), boolText(l.Bias.Defined()))
}

// String returns a line such as "Embedding(1000, 64, padding_idx=0)".
func (l *Embedding) String() string {
	if !l.Weight.Defined() || l.Weight.Rank() != 2 {
		return "Embedding()"
	}
	s := fmt.Sprintf("Embedding(%d, %d", l.Weight.Dim(0), l.Weight.Dim(1))
	if l.PaddingIndex != nil {
		s += fmt.Sprintf(", padding_idx=%d", l.padding())
	}
	return s + ")"
}

// String returns a line such as "LayerNorm((64,), eps=1e-05, elementwise_affine=True, bias=True)".
func (l *LayerNorm) String() string {
	return fmt.Sprintf("LayerNorm(%s, eps=%v, elementwise_affine=%s, bias=%s)",
		shapeOr(l.Shape, l.Weight), defaults.Float(l.Eps, 1e-5), boolText(l.Weight.Defined()),
		boolText(l.Bias.Defined()))
}

// String returns a line such as "RMSNorm((64,), eps=1e-06, elementwise_affine=True)".
func (l *RMSNorm) String() string {
	s := fmt.Sprintf("RMSNorm(%s", shapeOr(l.Shape, l.Weight))
	if l.Eps != 0 {
		s += fmt.Sprintf(", eps=%v", defaults.Float(l.Eps, 0))
	}
	return s + fmt.Sprintf(", elementwise_affine=%s)", boolText(l.Weight.Defined()))
}

// boolText formats a setting as PyTorch does: True or False.
func boolText(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// shapeOr returns a norm's shape, or the shape of its weight if the norm's is the zero value.
func shapeOr(s tensor.Shape, weight tensor.Tensor) tensor.Shape {
	if s.Rank() == 0 && weight.Defined() {
		return weight.Shape()
	}
	return s
}

// String returns a line such as "PReLU(num_parameters=1)".
func (l *PReLU) String() string {
	if !l.Weight.Defined() {
		return "PReLU()"
	}
	return fmt.Sprintf("PReLU(num_parameters=%d)", l.Weight.Len())
}

// String returns a line such as "Dropout(p=0.5)".
func (l *Dropout) String() string { return fmt.Sprintf("Dropout(p=%v)", l.P) }

// String returns a line such as "LeakyReLU(negative_slope=0.01)".
func (l *LeakyReLU) String() string {
	return fmt.Sprintf("LeakyReLU(negative_slope=%v)", defaults.Float(l.NegativeSlope, 0.01))
}

// String returns a line such as "ELU(alpha=1)".
func (l *ELU) String() string { return fmt.Sprintf("ELU(alpha=%v)", defaults.Float(l.Alpha, 1)) }

// String returns a line such as "CELU(alpha=1)".
func (l *CELU) String() string { return fmt.Sprintf("CELU(alpha=%v)", defaults.Float(l.Alpha, 1)) }

// String returns "GELU()" or "GELU(approximate=tanh)".
func (l *GELU) String() string {
	if l.Tanh {
		return "GELU(approximate=tanh)"
	}
	return "GELU()"
}

// String returns a line such as "Softplus(beta=1, threshold=20)".
func (l *Softplus) String() string {
	return fmt.Sprintf("Softplus(beta=%v, threshold=%v)", defaults.Float(l.Beta, 1), defaults.Float(l.Threshold, 20))
}

// String returns a line such as "Hardtanh(min_val=-1, max_val=1)".
func (l *Hardtanh) String() string {
	lo, hi := l.limits()
	return fmt.Sprintf("Hardtanh(min_val=%v, max_val=%v)", lo, hi)
}

// String returns a line such as "Softmax(dim=1)".
func (l *Softmax) String() string { return fmt.Sprintf("Softmax(dim=%d)", l.Dim) }

// String returns a line such as "LogSoftmax(dim=1)".
func (l *LogSoftmax) String() string { return fmt.Sprintf("LogSoftmax(dim=%d)", l.Dim) }

// String returns a line such as "Softmin(dim=1)".
func (l *Softmin) String() string { return fmt.Sprintf("Softmin(dim=%d)", l.Dim) }

// String returns a line such as "GLU(dim=-1)".
func (l *GLU) String() string { return fmt.Sprintf("GLU(dim=%d)", l.Dim) }

// String returns the layer's name.
func (l *ReLU) String() string { return "ReLU()" }

// String returns the layer's name.
func (l *Sigmoid) String() string { return "Sigmoid()" }

// String returns the layer's name.
func (l *Tanh) String() string { return "Tanh()" }

// String returns the layer's name.
func (l *Flatten) String() string { return "Flatten()" }

// String returns the layer's name.
func (l *SELU) String() string { return "SELU()" }

// String returns the layer's name.
func (l *SiLU) String() string { return "SiLU()" }

// String returns the layer's name.
func (l *Mish) String() string { return "Mish()" }

// String returns the layer's name.
func (l *Softsign) String() string { return "Softsign()" }

// String returns a line such as "Hardshrink(0.5)".
func (l *Hardshrink) String() string {
	return fmt.Sprintf("Hardshrink(%v)", defaults.Float(l.Lambda, 0.5))
}

// String returns the layer's name.
func (l *Hardswish) String() string { return "Hardswish()" }

// String returns the layer's name.
func (l *Hardsigmoid) String() string { return "Hardsigmoid()" }

// String returns the layer's name.
func (l *LogSigmoid) String() string { return "LogSigmoid()" }

// String returns the layer's name.
func (l *Identity) String() string { return "Identity()" }

// String returns a line such as "BatchNorm1d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=True)".
func (l *BatchNorm1d) String() string { return l.text("BatchNorm1d") }

// String returns a line such as "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=True)".
func (l *BatchNorm2d) String() string { return l.text("BatchNorm2d") }

// String returns a line such as "BatchNorm3d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=True)".
func (l *BatchNorm3d) String() string { return l.text("BatchNorm3d") }

func (l *BatchNorm) text(name string) string {
	momentum := fmt.Sprint(defaults.Float(l.Momentum, 0.1))
	if l.Cumulative {
		momentum = "None"
	}
	return fmt.Sprintf("%s(%s, eps=%v, momentum=%s, affine=%s, bias=%s, track_running_stats=%s)", name,
		channelsText(l.RunningMean, l.Weight), defaults.Float(l.Eps, 1e-5), momentum, boolText(l.Weight.Defined()),
		boolText(l.Bias.Defined()), boolText(l.RunningMean.Defined()))
}

// channelsText returns the number of channels of the first tensor that is defined.
func channelsText(tensors ...tensor.Tensor) string {
	for _, t := range tensors {
		if t.Defined() {
			return fmt.Sprint(t.Len())
		}
	}
	return "any"
}

// String returns a line such as "GroupNorm(32, 64, eps=1e-05, affine=True, bias=True)".
func (l *GroupNorm) String() string {
	return fmt.Sprintf("GroupNorm(%d, %s, eps=%v, affine=%s, bias=%s)", l.Groups, channelsText(l.Weight),
		defaults.Float(l.Eps, 1e-5), boolText(l.Weight.Defined()), boolText(l.Bias.Defined()))
}

// String returns a line such as "InstanceNorm1d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=False)".
func (l *InstanceNorm1d) String() string { return l.text("InstanceNorm1d") }

// String returns a line such as "InstanceNorm2d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=False)".
func (l *InstanceNorm2d) String() string { return l.text("InstanceNorm2d") }

// String returns a line such as "InstanceNorm3d(64, eps=1e-05, momentum=0.1, affine=True, bias=True,
// track_running_stats=False)".
func (l *InstanceNorm3d) String() string { return l.text("InstanceNorm3d") }

func (l *InstanceNorm) text(name string) string {
	return fmt.Sprintf("%s(%s, eps=%v, momentum=%v, affine=%s, bias=%s, track_running_stats=%s)", name,
		channelsText(l.RunningMean, l.Weight), defaults.Float(l.Eps, 1e-5), defaults.Float(l.Momentum, 0.1),
		boolText(l.Weight.Defined()), boolText(l.Bias.Defined()), boolText(l.RunningMean.Defined()))
}

// String returns a line such as "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1)".
func (l *LocalResponseNorm) String() string {
	return fmt.Sprintf("LocalResponseNorm(%d, alpha=%v, beta=%v, k=%v)", l.Size, defaults.Float(l.Alpha, 1e-4),
		defaults.Float(l.Beta, 0.75), defaults.Float(l.K, 1))
}
