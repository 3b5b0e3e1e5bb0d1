package python

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// asPython makes the test binary a Python program that answers "ok" to load, and its arguments and the line to others.
const asPython = "LAMINA_TEST_AS_PYTHON"

func TestMain(m *testing.M) {
	if os.Getenv(asPython) == "" {
		os.Exit(m.Run())
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "load ") {
			fmt.Println("ok")
		} else {
			fmt.Println(strings.Join(os.Args[1:], " "), lines.Text())
		}
	}
}

func TestAsk(t *testing.T) {
	t.Setenv(asPython, "1")
	p, err := Start(os.Args[0], "3", "7")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Ask("load %s", "file"); err != nil || got != nil {
		t.Errorf("%v, %v, want no numbers", got, err)
	}
	if _, err := p.Ask("%d", 1); err == nil || !strings.Contains(err.Error(), "-c") {
		t.Errorf("%v, want an error for the word -c", err)
	}
	if p, err = Start(os.Args[0], ""); err != nil {
		t.Fatal(err)
	}
	p.in.(interface{ Close() error }).Close()
	if _, err := p.Ask("1"); err == nil {
		t.Error("no error of a program that has ended")
	}
}

func TestNumbers(t *testing.T) {
	if got, err := numbers("1 2.5 1e-05\n"); err != nil || !slices.Equal(got, []float64{1, 2.5, 1e-5}) {
		t.Errorf("%v, %v", got, err)
	}
}
