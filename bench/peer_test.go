package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakePeer is the environment variable that makes the test program act as the Python process. Its value is the mode.
const fakePeer = "LAMINA_TEST_AS_PEER"

// actAsPeer answers as peer.py does, with Lamina's results. For cases of the size trouble it misbehaves as mode says.
func actAsPeer(mode string) {
	switch mode {
	case "no torch":
		fmt.Println(`{"error": "No module named 'torch'", "missing": "torch"}`)
		os.Exit(1)
	case "dies at once":
		fmt.Fprintln(os.Stderr, "Traceback\nMemoryError: no memory")
		os.Exit(3)
	case "no version":
		fmt.Println(`{}`)
	default:
		fmt.Println(`{"torch": "0.0", "python": "3.0"}`)
	}
	inTrouble := false
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var r struct {
			Do, Run string
			Size    Size
			Seconds float64
		}
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			panic(err)
		}
		if r.Do == "open" {
			inTrouble = slices.Equal(r.Size, trouble)
			i := slices.IndexFunc(Cases(true), func(c Case) bool { return c.Benchmark.Torch == r.Run && slices.Equal(c.Size, r.Size) })
			results := digests(Cases(true)[i].Start().Check())
			if inTrouble && mode == "other results" {
				results[0].Sum += 1000
			}
			if inTrouble && mode == "raises" {
				fmt.Println(`{"error": "RuntimeError: no such thing"}`)
				continue
			}
			b, err := json.Marshal(map[string]any{"result": results})
			if err != nil {
				panic(err)
			}
			fmt.Println(string(b))
			continue
		}
		if inTrouble {
			switch mode {
			case "dies":
				fmt.Fprintln(os.Stderr, "Segmentation fault")
				os.Exit(11)
			case "hangs":
				time.Sleep(time.Hour)
			case "garbage":
				fmt.Println("warning: a library spoke")
				continue
			case "endless line":
				fmt.Println(strings.Repeat("x", maxLine+1))
				continue
			case "no time":
				fmt.Println(`{}`)
				continue
			}
		}
		fmt.Println(`{"seconds": 3600}`)
	}
}

var trouble = Size{64 << 10}

// exps returns three cases; the middle one has the size trouble.
func exps(t *testing.T) []Case {
	cases := slices.DeleteFunc(Cases(true), func(c Case) bool { return c.Benchmark.Name != "exp" })
	if len(cases) < 2 || !slices.Equal(cases[1].Size, trouble) {
		t.Fatalf("exp has the cases %v", cases)
	}
	return []Case{cases[0], cases[1], cases[0]}
}

func measureAgainst(t *testing.T, mode string) ([]Figure, error) {
	t.Helper()
	t.Setenv(fakePeer, mode)
	o := Options{Threads: []int{1}, Each: time.Millisecond, Against: os.Args[0]}
	if mode == "hangs" {
		o.Timeout = 2 * time.Second
	}
	var figures []Figure
	torch, err := Measure(t.Context(), exps(t), o, func(f Figure) { figures = append(figures, f) })
	if err == nil && torch != "0.0" {
		t.Errorf("PyTorch %q", torch)
	}
	return figures, err
}

func TestAgainst(t *testing.T) {
	figures, err := measureAgainst(t, "well")
	if err != nil || len(figures) != 3 {
		t.Fatal(figures, err)
	}
	for _, f := range figures {
		if f.Error != "" || f.Torch != 3600 || !(f.Lamina > 0) || f.Ratio < 1e5 || f.Low > f.Ratio || f.High < f.Ratio {
			t.Errorf("%+v", f)
		}
	}
}

// TestTrouble fails at the second of three cases: its figure has an error, and the third case is compared again.
func TestTrouble(t *testing.T) {
	for mode, want := range map[string]string{
		"raises":        "PyTorch: RuntimeError: no such thing",
		"other results": "result 1 has the sum",
		"dies":          "process ended (exit status 11): Segmentation fault",
		"hangs":         "no answer in 2s",
		"garbage":       `wrote "warning: a library spoke", want an answer`,
		"endless line":  "token too long",
		"no time":       "a run of 0 seconds",
	} {
		t.Run(mode, func(t *testing.T) {
			figures, err := measureAgainst(t, mode)
			if err != nil || len(figures) != 3 {
				t.Fatal(figures, err)
			}
			if f := figures[1]; !strings.Contains(f.Error, want) || f.Ratio != 0 || f.Torch != 0 || !(f.Lamina > 0) {
				t.Errorf("%+v, want the error %q", f, want)
			}
			for _, i := range []int{0, 2} {
				if f := figures[i]; f.Error != "" || f.Ratio == 0 {
					t.Errorf("figure %d: %+v", i, f)
				}
			}
		})
	}
}

func TestNoPeer(t *testing.T) {
	_, err := measureAgainst(t, "no torch")
	var none *NoTorchError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "-m pip install torch") {
		t.Error(err)
	}
	if _, err := measureAgainst(t, "dies at once"); err == nil || !strings.Contains(err.Error(), "exit status 3): MemoryError: no memory") {
		t.Error(err)
	}
	if _, err := measureAgainst(t, "no version"); err == nil || !strings.Contains(err.Error(), "no PyTorch version") {
		t.Error(err)
	}
	if _, err := StartPeer(t.Context(), "no-such-python", time.Minute); err == nil ||
		!strings.Contains(err.Error(), `no Python interpreter "no-such-python"`) {
		t.Error(err)
	}
}

// TestWrapper uses an interpreter whose child process hangs and keeps the pipes open.
func TestWrapper(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to write an interpreter in")
	}
	wrapper := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(wrapper, []byte("#!"+sh+"\nsleep 10\ntrue\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	if _, err := StartPeer(t.Context(), wrapper, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no answer in 200ms") {
		t.Error(err)
	}
	if took := time.Since(started); took > 30*time.Second {
		t.Errorf("giving up took %v", took)
	}
}

func TestCancel(t *testing.T) {
	t.Setenv(fakePeer, "hangs")
	ctx, cancel := context.WithCancel(t.Context())
	started := time.Now()
	_, err := Measure(ctx, exps(t), Options{Threads: []int{1}, Each: time.Millisecond, Against: os.Args[0]}, func(f Figure) {
		time.AfterFunc(100*time.Millisecond, cancel)
	})
	if !errors.Is(err, context.Canceled) || time.Since(started) > 30*time.Second {
		t.Errorf("%v after %v", err, time.Since(started))
	}
}
