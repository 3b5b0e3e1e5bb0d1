package plots

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/image/font/opentype"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

// TestTextRuns draws characters that the embedded fonts do not have in another font, or as their numbers.
func TestTextRuns(t *testing.T) {
	f := face(12, false)
	none := func() *opentype.Font { return nil }
	texts := func(line string, more func() *opentype.Font) (texts []string) {
		for _, run := range textRuns(f, more, line) {
			texts = append(texts, run.text)
		}
		return texts
	}
	for line, want := range map[string][]string{
		"": nil, "Ångström, δ, жук": {"Ångström, δ, жук"}, "2114": {"21", "14"}, "猫 cat": {"U+732B cat"}, "a\x01b": {"aU+0001b"},
	} {
		if got := texts(line, none); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if systemFont() == nil {
		return
	}
	if got, want := texts("1猫11狗", systemFont), []string{"1", "猫", "1", "1", "狗"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestChineseNames draws matrices with Chinese names, by which their classes can be told apart.
func TestChineseNames(t *testing.T) {
	picture := func(names ...string) *Picture {
		m := metrics.NewConfusionMatrix(2)
		m.Add(tensor.From([]float32{1, 0, 0, 1}, 2, 2), tensor.From([]int64{0, 1}))
		return Confusion{Matrix: m, Names: names}.Picture()
	}
	var first, second bytes.Buffer
	if err := picture("猫", "狗").WritePNG(&first); err != nil {
		t.Fatal(err)
	}
	if err := picture("狗", "猫").WritePNG(&second); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the names cannot be told apart")
	}
	var svg strings.Builder
	if err := picture("猫", "狗").WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	if s := svg.String(); !strings.Contains(s, ">猫<") && !strings.Contains(s, "U+732B") {
		t.Error("the picture has no name of a class")
	}
	if width(12, false, "猫") < 8 {
		t.Errorf("a character is %v pixels wide", width(12, false, "猫"))
	}
}
