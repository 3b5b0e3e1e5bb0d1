package vision

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/rng"
)

var pipeline = Compose{
	Resize{Size: 256, Interpolation: Bicubic},
	RandomCrop{Size: 224, Padding: Padding{1, 2, 3, 4}, Mode: Reflect},
	RandomAffine{Degrees: Range{-10, 10}, Translate: [2]float64{0.1, 0.2}, Fill: []float32{0.5}, Center: &[2]float64{3, 4}},
	RandomChoice{Invert{}, RandomApply{Transform: Posterize{4}, P: 0.3}},
	Normalize{Mean: []float32{0.1, 0.2, 0.3}, Std: []float32{1, 2, 3}},
}

func TestEncode(t *testing.T) {
	b, err := Encode(pipeline)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Compose":[{"Resize":{"Interpolation":"bicubic","Size":256}},`; !strings.HasPrefix(string(b), want) {
		t.Errorf("%s, want %s…", b, want)
	}
	back, err := Decode(b)
	if err != nil || !reflect.DeepEqual(back, pipeline) {
		t.Errorf("%+v, %v", back, err)
	}
	for name, typ := range encodable {
		b, err := Encode(reflect.Zero(typ).Interface().(Transform))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode(b); err != nil || !reflect.DeepEqual(back, reflect.Zero(typ).Interface()) {
			t.Errorf("%s: %s, %v, %v", name, b, back, err)
		}
	}
	if b, err := Encode(&Resize{Size: 3}); err != nil || string(b) != `{"Resize":{"Size":3}}` {
		t.Errorf("a pointer: %s, %v", b, err)
	}
}

// TestEncodable checks that the list has all transforms of the package.
func TestEncodable(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	apply := regexp.MustCompile(`(?m)^func \((?:\w+ )?\*?(\w+)\) Apply\(`)
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range apply.FindAllStringSubmatch(string(text), -1) {
			n++
			switch m[1] {
			case "Compose", "RandomChoice", "RandomApply", "Func":
				continue
			}
			if encodable[m[1]] == nil {
				t.Errorf("%s is not in encodable", m[1])
			}
		}
	}
	if n < 35 {
		t.Errorf("only %d transforms were found", n)
	}
}

func TestEncodeErrors(t *testing.T) {
	for _, tr := range []Transform{Func(func(*Image, *rng.Keyed) {}), Compose{nil}, oneRandAugment{}, RandomApply{}, (*Resize)(nil)} {
		if b, err := Encode(tr); err == nil || !strings.Contains(err.Error(), "cannot be written as JSON") {
			t.Errorf("%T: %s, %v", tr, b, err)
		}
	}
	for text, want := range map[string]string{
		``:                                       "unexpected end",
		`[]`:                                     "a transform: json",
		`{}`:                                     "0 keys",
		`{"Resize":{},"Invert":{}}`:              "2 keys",
		`{"Blur":{}}`:                            `no transform "Blur", want one of Adjust`,
		`{"Resize":{"size":3,"Foo":1}}`:          `Resize: json: unknown field "Foo"`,
		`{"Resize":{"Size":"3"}}`:                "Resize: json",
		`{"Resize":{"Interpolation":7}}`:         "Resize: json",
		`{"Resize":{"Interpolation":"lanczos"}}`: `"lanczos", want one of default, nearest`,
		`{"Compose":[{"Invert":{}},{"Pad":{"Mode":"x"}}]}`: `Compose, transform 1: Pad`,
		`{"RandomApply":{"P":0.5}}`:                        "RandomApply: a transform",
	} {
		if tr, err := Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", text, tr, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := Encode(pipeline)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"RandomApply":{"Transform":{"Perspective":{"Start":[[1,2]]}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		tr, err := Decode(text)
		if err != nil {
			return
		}
		b, err := Encode(tr)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if c, err := Encode(again); err != nil || string(c) != string(b) {
			t.Fatalf("%s became %s, %v", b, c, err)
		}
	})
}
