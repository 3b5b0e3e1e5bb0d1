package samples_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/samples"
)

func TestSamples(t *testing.T) {
	for _, s := range samples.All {
		src, err := samples.Open(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tabular.Inspect(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Schema(tabular.SchemaConfig{Targets: []string{s.Target}}); err != nil {
			t.Error(err)
		}
	}
	if _, err := samples.Open("flowers"); err == nil {
		t.Error("no error for an unknown table")
	}
}

func ExampleOpen() {
	src, err := samples.Open("penguins")
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(context.Background(), src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(profile)
	// Output:
	// penguins: 344 rows, 7 columns
	// column             kind      missing  distinct  range or examples
	// species            category  0        3         Adelie (152), Gentoo (124), Chinstrap (68)
	// island             category  0        3         Biscoe (168), Dream (124), Torgersen (52)
	// bill_length_mm     number    2        164       32.1 to 59.6, mean 43.92
	// bill_depth_mm      number    2        80        13.1 to 21.5, mean 17.15
	// flipper_length_mm  number    2        55        172 to 231, mean 200.9
	// body_mass_g        number    2        94        2700 to 6300, mean 4202
	// sex                category  11       2         MALE (168), FEMALE (165)
}

func ExampleSample() {
	s, _ := samples.Find("cars")
	fmt.Println(s.Target, "-", s.Doc)
	// Output: mpg - 392 cars, with their consumption in miles per gallon: a number to predict
}
