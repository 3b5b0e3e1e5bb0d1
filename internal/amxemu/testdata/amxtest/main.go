//go:build linux && amd64

// Command amxtest is the program that the tests of amxemu run under it. Its first argument selects the test.
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// multiply adds a·b to c count times on 16×16 tiles: c (16, 16), a (16, 32), b (16 pairs of rows, 16 columns, 2).
//
//go:noescape
func multiply(config *[64]byte, c *[256]float32, a, b *[512]uint16, count int)

//go:noescape
func configure(config *[64]byte)
func zero()
func unknown()
func undefined()

// zeroTwice zeroes tile 0, then tile 7, in consecutive instructions.
func zeroTwice()

// store stores tile 0 to memory with a stride in bytes between rows.
//
//go:noescape
func store(to *byte, stride int)

// fullTiles configures the first three tiles with 16 rows of 64 bytes.
var fullTiles = func() (c [64]byte) {
	c[0] = 1
	for i := range 3 {
		binary.LittleEndian.PutUint16(c[16+2*i:], 64)
		c[48+i] = 16
	}
	return c
}()

// reference computes multiply's result if all sums are exact.
func reference(c *[256]float32, a, b *[512]uint16, count int) {
	at := func(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }
	for i := range 16 {
		for j := range 16 {
			for k := range 32 {
				c[16*i+j] += float32(count) * at(a[32*i+k]) * at(b[32*(k/2)+2*j+k%2])
			}
		}
	}
}

func main() {
	switch arg := os.Args[1]; arg {
	case "multiply":
		goroutines, _ := strconv.Atoi(os.Args[2])
		rounds, _ := strconv.Atoi(os.Args[3])
		os.Exit(work(goroutines, rounds))
	case "child": // multiply in a child process
		cmd := exec.Command(os.Args[0], append([]string{"multiply"}, os.Args[2:]...)...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	case "exec": // multiply after exec, called by a thread that is not the first, with configured tiles
		configure(&fullTiles)
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			configure(&fullTiles)
			done <- syscall.Exec(os.Args[0], append([]string{os.Args[0], "multiply"}, os.Args[2:]...), os.Environ())
		}()
		fmt.Println(<-done)
		os.Exit(1)
	case "execzero": // exec resets the configuration
		configure(&fullTiles)
		fmt.Println(syscall.Exec(os.Args[0], []string{os.Args[0], "unconfigured"}, os.Environ()))
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "panic":
		panic("an ordinary panic")
	case "nil": // recovered as without the emulator
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *[64]byte
		fmt.Println(p[len(os.Args)])
	case "nilconfig":
		debug.SetPanicOnFault(true)
		defer func() { fmt.Println("recovered:", recover()) }()
		configure(nil)
	case "badconfig":
		configure(&[64]byte{0: 2})
	case "unconfigured":
		zero()
	case "unknown":
		unknown()
	case "late": // the second of two consecutive instructions faults
		configure(&fullTiles)
		zeroTwice()
	case "readonly", "edge":
		debug.SetPanicOnFault(true)
		pages, err := syscall.Mmap(-1, 0, 2*4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			panic(err)
		}
		defer func() {
			err := recover().(interface {
				error
				Addr() uintptr
			})
			fmt.Printf("recovered: %v, %d bytes after the beginning\n", err, err.Addr()-uintptr(unsafe.Pointer(&pages[0])))
		}()
		configure(&fullTiles)
		if arg == "readonly" {
			store(&pages[640], 64)
		}
		if err := syscall.Mprotect(pages[:4096], syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
			panic(err)
		}
		store(&pages[4096-2*128-32], 128) // the third row ends on the second page
	case "undefined":
		undefined()
	case "killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "raise": // a SIGILL sent by a process is an ordinary signal
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGILL)
		syscall.Kill(os.Getpid(), syscall.SIGILL)
		fmt.Println("got:", <-c)
	case "wait": // until SIGTERM
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("ready")
		fmt.Println("got:", <-c)
	case "echo":
		var line string
		fmt.Scanln(&line)
		fmt.Println(line, os.Args[2:], os.Getenv("AMXTEST"))
	case "time": // the cost of a stop, and of a product within one stop
		var c [256]float32
		var a, b [512]uint16
		for i := range a {
			a[i], b[i] = 0x3F81, 0x3F82
		}
		count, _ := strconv.Atoi(os.Args[2])
		start := time.Now()
		multiply(&fullTiles, &c, &a, &b, count)
		fmt.Println(time.Since(start) / time.Duration(count))
	default:
		fmt.Println("amxtest: unknown argument", arg)
		os.Exit(2)
	}
}

// work multiplies on many goroutines, some of them locked to their threads, while another one allocates, and checks
// every product.
func work(goroutines, rounds int) (failed int) {
	var workers, garbage sync.WaitGroup
	stop := make(chan struct{})
	garbage.Go(func() {
		var keep [64][]byte
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				keep[i%len(keep)] = make([]byte, 1<<14)
				if i%64 == 0 {
					runtime.GC()
				}
			}
		}
	})
	bad := make([]int, goroutines)
	for g := range goroutines {
		workers.Go(func() {
			if g%2 == 0 {
				runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			}
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for range rounds {
				a, b, c := new([512]uint16), new([512]uint16), new([256]float32)
				for i := range a { // small integers: every order of summation gives the same result
					a[i] = uint16(math.Float32bits(float32(r.IntN(17)-8)) >> 16)
					b[i] = uint16(math.Float32bits(float32(r.IntN(17)-8)) >> 16)
				}
				for i := range c {
					c[i] = float32(r.IntN(100))
				}
				want := *c
				reference(&want, a, b, 3)
				multiply(&fullTiles, c, a, b, 3)
				if *c != want {
					bad[g]++
				}
			}
		})
	}
	workers.Wait()
	close(stop)
	garbage.Wait()
	for _, n := range bad {
		failed += n
	}
	fmt.Printf("%d products, %d wrong\n", goroutines*rounds, failed)
	return min(failed, 1)
}
