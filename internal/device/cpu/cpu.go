// Package cpu is the CPU device, which every program has. It splits strided arrays into contiguous runs and calls the
// loops of internal/kernel for them.
package cpu

import (
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
)

// Device is the CPU.
type Device struct{}

// New returns the CPU as a device.
func New() *Device { return &Device{} }

// memory is a block on the Go heap, aligned to cache lines. The garbage collector frees it.
type memory struct {
	base  unsafe.Pointer
	bytes int
}

func (m *memory) Bytes() int { return m.bytes }

// align is the size of a cache line and of the widest vector register, in bytes.
const align = 64

// Name returns "cpu".
func (*Device) Name() string { return "cpu" }

// Alloc returns zeroed memory, aligned to cache lines, or the error of [CheckMemory].
func (*Device) Alloc(bytes int) (device.Memory, error) {
	if err := CheckMemory(bytes); err != nil {
		return nil, err
	}
	return allocate(bytes), nil
}

// CheckMemory returns a [*device.OutOfMemory] if so many bytes are more than the machine's memory, or than what is free of
// it: Go's allocator or the system would end the program.
func CheckMemory(bytes int) error {
	if bytes > machineMemory {
		return &device.OutOfMemory{Bytes: bytes, Limit: machineMemory}
	}
	if bytes < checkedFrom || bytes <= freeMemory()-reserve {
		return nil
	}
	debug.FreeOSMemory() // what the garbage collector holds
	if free := freeMemory() - reserve; bytes > free {
		return &device.OutOfMemory{Bytes: bytes, Limit: max(free, 0), Free: true}
	}
	return nil
}

const (
	checkedFrom = 32 << 20  // smaller blocks are not compared with the free memory, which takes 30 µs to read
	reserve     = 128 << 20 // is left to others
)

// machineMemory is the memory of the machine in bytes, with its swap space.
var machineMemory = totalMemory()

// Go puts every large object at the beginning of a page. A loop over several arrays that have the same distance from a
// page's beginning waits: the processor compares the lower 12 bits of a load's address with those of earlier stores,
// and takes the load for one that depends on a store. So blocks from staggerFrom bytes on begin at different distances.
// On Zen 4 Adam's step of 784-512-256-10 takes 172 µs instead of 220, with AMSGrad 185 instead of 305.
const (
	staggerFrom  = 16 << 10
	staggerUnit  = 256
	staggerCount = 16
)

var staggered atomic.Uint32

// stagger returns the distance of the next block from the beginning of a page.
func stagger(bytes int) int {
	if bytes < staggerFrom {
		return 0
	}
	return int(7*staggered.Add(1)%staggerCount) * staggerUnit // 7: neighbours are far from each other
}

func allocate(bytes int) *memory {
	distance := stagger(bytes)
	buf := make([]byte, bytes+align+distance)
	skip := distance + int(-uintptr(unsafe.Pointer(&buf[0]))&(align-1))
	base := unsafe.Pointer(&buf[skip])
	advise(base, bytes)
	return &memory{base, bytes}
}

// Wrap returns the memory of raw as a block.
func (*Device) Wrap(old device.Memory, raw []byte) device.Memory {
	m, ok := old.(*memory)
	if !ok {
		m = new(memory)
	}
	m.base, m.bytes = unsafe.Pointer(unsafe.SliceData(raw)), len(raw)
	return m
}

// Free does nothing: the garbage collector frees the block.
func (*Device) Free(device.Memory) {}

// Upload copies host bytes into a contiguous array.
func (*Device) Upload(dst *device.Array, src []byte) {
	copy(Bytes(dst), src)
}

// Download copies a contiguous array to dst.
func (*Device) Download(dst []byte, src *device.Array) error {
	copy(dst, Bytes(src))
	return nil
}

// Sync returns at once, because the CPU computes synchronously.
func (*Device) Sync() error { return nil }

// Bytes returns the elements of a contiguous array as bytes.
func Bytes(a *device.Array) []byte {
	size := a.DType.Size()
	return unsafe.Slice((*byte)(unsafe.Add(a.Mem.(*memory).base, a.Offset*size)), a.Size*size)
}

// fromOffset returns the memory of a from its first element to the end of its block.
func fromOffset[T any](a *device.Array) []T {
	m := a.Mem.(*memory)
	var v T
	size := int(unsafe.Sizeof(v))
	return unsafe.Slice((*T)(unsafe.Add(m.base, a.Offset*size)), m.bytes/size-a.Offset)
}

// elements returns the elements of a contiguous array.
func elements[T any](a *device.Array) []T {
	return unsafe.Slice((*T)(unsafe.Add(a.Mem.(*memory).base, a.Offset*int(unsafe.Sizeof(*new(T))))), a.Size)
}

// noKernel panics with a *device.Unsupported: the CPU has no kernel for op on elements of type dt.
func noKernel(op string, dt device.DType) {
	panic(&device.Unsupported{Device: "cpu", Op: op, DType: dt})
}

// chunk is the number of elements that are copied to a buffer at a time if a loop cannot work on an array in place.
// Three buffers fit into the first-level cache.
const chunk = 512

// scratch holds buffers of chunk elements. Arrays on the stack would escape through the function values of the table.
type scratch struct {
	f64 [4][chunk]float64
	i64 [2][chunk]int64
}

// scratchBuffer returns buffer k, 0 to 3, of s, which holds chunk elements of any type.
func scratchBuffer[T any](s *scratch, k int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(&s.f64[k])), chunk)
}

var scratches freelist.List[scratch]
