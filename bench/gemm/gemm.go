// Command gemm benchmarks Lamina's matrix product against OpenBLAS called from C.
//
//	go run ./bench/gemm [-double] [-threads 1] [-cpu 0] [-rounds 9] [-isa avx512] [-precision high]
//
// It compiles openblas/main.c with cc, starts a process for Lamina and one for OpenBLAS on the same processor core
// (cores, with more threads), and alternates the timings of each shape, A B A B. A row shows the best GFLOP/s of each
// and the median over the rounds of the ratio of their speeds. The last lines are the geometric mean and the worst
// ratio of each group.
//
// It needs Linux, taskset, a C compiler and OpenBLAS's header and library.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/pool"
)

var (
	double    = flag.Bool("double", false, "float64 instead of float32")
	threads   = flag.Int("threads", 1, "threads of each process")
	core      = flag.Int("cpu", 0, "first processor core to run on")
	rounds    = flag.Int("rounds", 9, "rounds of A B")
	isa       = flag.String("isa", "", "instruction set of Lamina's process: amx, avx512, avx2, neon, generic")
	precision = flag.String("precision", "highest", "precision of Lamina's float32 products: highest, high, medium")
	only      = flag.String("only", "", "group of shapes: small, large; all if empty")
	ms        = flag.Float64("ms", 30, "milliseconds per timing")
	serve     = flag.Bool("serve", false, "internal: run as Lamina's process")
)

// groups lists the measured shapes m×k×n.
var groups = []struct {
	name   string
	shapes [][3]int
}{
	{"small", [][3]int{{32, 100, 128}, {32, 128, 64}, {32, 64, 32}, {32, 32, 10}, {64, 784, 512}, {128, 784, 512}}},
	{"large", [][3]int{{256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048}}},
}

func main() {
	log.SetFlags(0)
	flag.Parse()
	if *serve {
		pool.SetThreads(*threads)
		if *double {
			answer(gemm.Float64)
		} else {
			answer(gemm.Float32)
		}
		return
	}
	if err := compare(); err != nil {
		log.Fatal("gemm: ", err)
	}
}

// answer is the main loop of Lamina's process: it reads lines "m n k ta tb ms" and prints the time of one call.
// openblas/main.c does the same for OpenBLAS.
func answer[T gemm.Float](product func(c []T, ldc, m, n, k int, a []T, ars, acs int, b []T, brs, bcs int, e gemm.Epilogue[T])) {
	fmt.Fprintln(os.Stderr, "Lamina", runtime.Version(), cpu.Chosen(), *precision)
	var e gemm.Epilogue[T]
	for e.Precision.String() != *precision {
		if e.Precision++; e.Precision > gemm.Medium {
			log.Fatalf("gemm: -precision is %q, want highest, high or medium", *precision)
		}
	}
	in := bufio.NewReader(os.Stdin)
	for {
		var m, n, k, ta, tb int
		var ms float64
		if _, err := fmt.Fscan(in, &m, &n, &k, &ta, &tb, &ms); err != nil {
			return
		}
		a, b, c := matrix[T](m*k), matrix[T](k*n), matrix[T](m*n)
		ars, acs, brs, bcs := k, 1, n, 1
		if ta != 0 {
			ars, acs = 1, m
		}
		if tb != 0 {
			brs, bcs = 1, k
		}
		fmt.Printf("%.1f\n", measure(ms, func() { product(c, n, m, n, k, a, ars, acs, b, brs, bcs, e) }))
	}
}

// measure returns the shortest time of one call in nanoseconds.
func measure(ms float64, f func()) float64 {
	best, calls := math.Inf(1), 1
	end := time.Now().Add(time.Duration(ms * 1e6))
	for sample := 0; sample < 2 || time.Now().Before(end); sample++ {
		start := time.Now()
		for range calls {
			f()
		}
		t := float64(time.Since(start).Nanoseconds())
		if t < 2e4 { // too short for the clock's resolution
			calls *= 2
			continue
		}
		best = min(best, t/float64(calls))
	}
	return best
}

// matrix returns n small integers, aligned to 64 bytes.
func matrix[T gemm.Float](n int) []T {
	s := make([]T, n+16)
	for uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
		s = s[1:]
	}
	s = s[:n]
	for i := range s {
		s[i] = T(i%17) - 8
	}
	return s
}

// process is a process that answers requests with timings.
type process struct {
	in  io.Writer
	out *bufio.Reader
}

// start starts a process on the cores selected by the flags.
func start(env []string, name string, args ...string) (*process, error) {
	cores := fmt.Sprintf("%d-%d", *core, *core+*threads-1)
	cmd := exec.Command("taskset", append([]string{"-c", cores, name}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{in, bufio.NewReader(out)}, cmd.Start()
}

// time requests the time of one product in nanoseconds. ta and tb say whether A and B are transposed: 0 or 1.
func (s *process) time(m, n, k, ta, tb int) (ns float64, err error) {
	if _, err = fmt.Fprintln(s.in, m, n, k, ta, tb, *ms); err == nil {
		_, err = fmt.Fscanln(s.out, &ns)
	}
	return ns, err
}

// compare measures all shapes and prints the table.
func compare() error {
	dir, err := os.MkdirTemp("", "gemm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	_, source, _, _ := runtime.Caller(0)
	binary := filepath.Join(dir, "openblas")
	cc := exec.Command("cc", "-O2", "-o", binary, filepath.Join(filepath.Dir(source), "openblas", "main.c"), "-lopenblas")
	if *double {
		cc.Args = append(cc.Args, "-DDOUBLE")
	}
	if out, err := cc.CombinedOutput(); err != nil {
		return fmt.Errorf("cc: %w\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	count := fmt.Sprint(*threads)
	env := []string{"GOMAXPROCS=" + count}
	if *isa != "" {
		env = append(env, cpu.EnvVar+"="+*isa)
	}
	ours, err := start(env, self, "-serve", "-threads", count, fmt.Sprintf("-double=%v", *double), "-precision", *precision)
	if err != nil {
		return err
	}
	theirs, err := start([]string{"OPENBLAS_NUM_THREADS=" + count}, binary)
	if err != nil {
		return err
	}

	fmt.Printf("%-16s %-3s %8s %9s %6s\n", "m×k×n", "", "Lamina", "OpenBLAS", "ratio")
	for _, g := range groups {
		if *only != "" && *only != g.name {
			continue
		}
		var sumLog, worst float64 = 0, math.Inf(1)
		var count int
		for _, s := range g.shapes {
			for _, way := range []string{"NN", "NT", "TN"} {
				ta, tb := strings.Count(way[:1], "T"), strings.Count(way[1:], "T")
				m, k, n := s[0], s[1], s[2]
				lamina, openBLAS := math.Inf(1), math.Inf(1)
				var ratios []float64
				for range *rounds {
					x, err := ours.time(m, n, k, ta, tb)
					if err != nil {
						return err
					}
					y, err := theirs.time(m, n, k, ta, tb)
					if err != nil {
						return err
					}
					lamina, openBLAS = min(lamina, x), min(openBLAS, y)
					ratios = append(ratios, y/x)
				}
				slices.Sort(ratios)
				ratio := ratios[len(ratios)/2]
				flops := 2 * float64(m) * float64(n) * float64(k)
				fmt.Printf("%-16s %-3s %8.1f %9.1f %6.2f   best/best %.2f\n", fmt.Sprintf("%d×%d×%d", m, k, n), way,
					flops/lamina, flops/openBLAS, ratio, openBLAS/lamina)
				sumLog += math.Log(ratio)
				worst = min(worst, ratio)
				count++
			}
		}
		fmt.Printf("%s: geometric mean %.3f, worst %.3f\n", g.name, math.Exp(sumLog/float64(count)), worst)
	}
	return nil
}
