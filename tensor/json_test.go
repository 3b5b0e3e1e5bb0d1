package tensor_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

func TestJSON(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	u8, f64, f16 := tensor.Options{DType: tensor.Uint8}, tensor.Options{DType: tensor.Float64}, tensor.Options{DType: tensor.Float16}
	for want, x := range map[string]tensor.Tensor{
		"null":                               {},
		"1.5":                                tensor.Scalar(float32(1.5)),
		"[1.0,-0.0,0.1]":                     tensor.From([]float32{1, float32(math.Copysign(0, -1)), 0.1}),
		`["NaN","Infinity","-Infinity",2.0]`: tensor.From([]float64{nan, inf, -inf, 2}),
		"[[1,2],[3,4]]":                      tensor.From([]int{1, 2, 3, 4}, 2, 2),
		"[9007199254740993]":                 tensor.From([]int64{1<<53 + 1}),
		"[true,false]":                       tensor.FromBools([]bool{true, false}),
		"[]":                                 tensor.Zeros(0),
		"[[],[]]":                            tensor.Zeros(2, 0),
		"[[[1.0]],[[2.0]]]":                  tensor.From([]float32{1, 2}).Reshape(2, 1, 1),
		"[0.1,1e+300,5e-324]":                f64.Linspace(0.1, 0.1, 1).Pad(1e300, 0, 1).Pad(5e-324, 0, 1),
		"[[1,3],[2,4]]":                      tensor.From([]int{1, 2, 3, 4}, 2, 2).T(),
		"3.4028235e+38":                      tensor.Scalar(float32(math.MaxFloat32)),
	} {
		b, err := json.Marshal(x)
		if err != nil || string(b) != want {
			t.Errorf("got %s %v, want %s", b, err, want)
		}
		var y tensor.Tensor
		if x.Defined() && x.DType() != tensor.Float32 {
			y = tensor.Options{DType: x.DType()}.Zeros() // names the type
		}
		if err := json.Unmarshal(b, &y); err != nil {
			t.Errorf("%s: %v", b, err)
			continue
		}
		if y.String() != x.String() || y.Defined() && (y.DType() != x.DType() || y.Shape() != x.Shape()) {
			t.Errorf("%s comes back as %v", b, y)
		}
		if again, _ := json.Marshal(y); string(again) != want {
			t.Errorf("%s comes back as %s", b, again)
		}
	}
	for text, want := range map[string]struct {
		old, y tensor.Tensor
	}{
		"[1, 2]":         {tensor.Tensor{}, tensor.From([]int{1, 2})},
		"[1, 2.0]":       {tensor.Tensor{}, tensor.From([]float32{1, 2})},
		"[true]":         {tensor.Tensor{}, tensor.FromBools([]bool{true})},
		"[1, 255]":       {u8.Zeros(5), tensor.From([]uint8{1, 255})},
		"7":              {f16.Zeros(), f16.Full(7)},
		"[[1e2], [0.5]]": {f64.Zeros(), tensor.From([]float64{100, 0.5}, 2, 1)},
	} {
		y := want.old
		if err := json.Unmarshal([]byte(text), &y); err != nil || y.String() != want.y.String() || y.DType() != want.y.DType() {
			t.Errorf("%s gives %v (%v), want %v", text, y, err, want.y)
		}
	}
	var deep = strings.Repeat("[", 30) + strings.Repeat("]", 30)
	for text, want := range map[string]string{
		"[1, [2]]":         "tensor: JSON at [1]: an array where an element is expected",
		"[[1], 2]":         "tensor: JSON at [1]: an element where an array is expected",
		"[[1, 2], [3]]":    "tensor: JSON at [1]: an array of length 1 where others have 2",
		"[[], [3]]":        "tensor: JSON at [1]: an array of length 1 where others have 0",
		"[[], 3]":          "tensor: JSON at [1]: an element where an array is expected",
		`[1, "one"]`:       `tensor: JSON at [1]: "one" is not a number`,
		"[null]":           "tensor: JSON at [0]: <nil> is not a number",
		`{"a": 1}`:         "tensor: JSON: { is not a number",
		"[1, true]":        "tensor: JSON at [1]: booleans and numbers in one tensor",
		"[1e400]":          "tensor: JSON at [0]: strconv.ParseFloat",
		"[1" + e20 + "]":   "tensor: JSON at [0]: strconv.ParseInt",
		deep:               "tensor: JSON at [0][0][0]",
		"[[[1]], [[1,2]]]": "tensor: JSON at [1][0]: an array of length 2 where others have 1",
	} {
		y := tensor.Zeros(1)
		if err := json.Unmarshal([]byte(text), &y); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want …%s…", text, err, want)
		}
		if y.At(0) != 0 {
			t.Errorf("%s changed the tensor", text)
		}
	}
	y := u8.Zeros(1)
	if err := json.Unmarshal([]byte("[300]"), &y); err == nil ||
		!strings.Contains(err.Error(), "uint8 holds numbers from 0 to 255, not 300") {
		t.Errorf("300 in uint8: %v", err)
	}
	if err := y.UnmarshalJSON([]byte("[1] 2")); err == nil {
		t.Error("no error where something follows")
	}
	type message struct {
		X tensor.Tensor `json:"x"`
		N tensor.Tensor `json:"n"`
	}
	b, err := json.Marshal(message{X: tensor.Ones(2)})
	if err != nil || string(b) != `{"x":[1.0,1.0],"n":null}` {
		t.Errorf("in a struct: %s %v", b, err)
	}
}

const e20 = "00000000000000000000"

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"[1]", "[[1.5],[2]]", `["NaN"]`, "[[],[]]", "null", "true", "[[[[1]]]]", "[1,"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var x, y tensor.Tensor
		if x.UnmarshalJSON(data) != nil || !x.Defined() {
			return
		}
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		y = x
		if err := json.Unmarshal(b, &y); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if x.String() != y.String() {
			t.Fatalf("%s: %v became %v", b, x, y)
		}
	})
}
