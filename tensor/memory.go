package tensor

import (
	"math/bits"
	"runtime"

	"github.com/lamina-ml/lamina/internal/device"
)

// storage is the memory of one or more tensors.
type storage struct {
	dev      device.Device
	mem      device.Memory
	block    *block        // nil on the heap
	scope    *Scope        // nil on the heap
	gen      uint64        // raised when the memory is recycled
	version  uint64        // raised by each in-place write, and when the memory is recycled
	refs     int           // references of a pass of Backward to gradients in this memory
	saved    bool          // in a scope: the Backward of a recorded op reads the memory
	gradOf   *header       // the leaf whose gradient NewGrad returned here
	released bool          // freed by Release or a Chain
	inField  bool          // in a scope: a field of a recorded op refers to it
	held     bool          // Chain.Hold: a Chain does not release it
	wrapped  device.Memory // the object of WrapBytes's last call, to be reused
}

func heapStorage(dev device.Device, bytes int) (*storage, error) {
	mem, err := dev.Alloc(bytes)
	if err != nil {
		return nil, err
	}
	st := &storage{dev: dev, mem: mem}
	freeWhenUnreachable(dev, st, st.mem)
	return st, nil
}

// freeWhenUnreachable frees m when owner is unreachable, on devices whose memory Go's garbage collector does not
// manage.
func freeWhenUnreachable[T any](dev device.Device, owner *T, m device.Memory) {
	if dev != theCPU {
		runtime.AddCleanup(owner, dev.Free, m)
	}
}

// block is a piece of device memory that a scope's pool reuses.
type block struct {
	mem   device.Memory
	class int
}

// Sizes are rounded up to classes: multiples of 64 bytes up to 1024, then 16 classes an octave, so that rounding
// wastes at most 1/16.
const (
	classUnit  = 64
	classCount = 16 + 16*40
)

func classOf(bytes int) int {
	units := (max(bytes, 1) + classUnit - 1) / classUnit
	if units <= 16 {
		return units - 1
	}
	octave := bits.Len(uint(units-1)) - 5 // 0 for 17…32 units
	step := 1 << octave
	return 16*(octave+1) + (units-1)/step - 16
}

func classBytes(class int) int {
	if class < 16 {
		return (class + 1) * classUnit
	}
	octave := class/16 - 1
	return (class%16 + 17) << octave * classUnit
}

// blockPool manages the memory of one scope and of the inner scopes below it.
type blockPool struct {
	dev      device.Device
	all      [classCount][]*block
	free     [classCount][]*block
	nonEmpty [classCount/64 + 1]uint64 // bit set of the classes with a free block
	used     []int                     // the classes with any block
	bytes    int

	poisoner device.Poisoner // dev if it implements Poisoner, else nil
}

func newBlockPool(dev device.Device) *blockPool {
	p := &blockPool{dev: dev}
	p.poisoner, _ = dev.(device.Poisoner)
	return p
}

// maxClassesAbove is how many classes above the right one get searches for a free block before it allocates device
// memory: two octaves, so that a partial batch uses the memory of a full one.
const maxClassesAbove = 32

func (p *blockPool) get(bytes int) (*block, error) {
	want := classOf(bytes)
	for c := want; c <= want+maxClassesAbove && c < classCount; {
		w := p.nonEmpty[c/64] >> (c % 64)
		if w == 0 {
			c = (c/64 + 1) * 64
			continue
		}
		c += bits.TrailingZeros64(w)
		if c > want+maxClassesAbove {
			break
		}
		n := len(p.free[c]) - 1
		b := p.free[c][n]
		p.free[c] = p.free[c][:n]
		if n == 0 {
			p.nonEmpty[c/64] &^= 1 << (c % 64)
		}
		return b, nil
	}
	mem, err := p.dev.Alloc(max(bytes, classBytes(want))) // a class this large may overflow
	if err != nil {
		return nil, err
	}
	b := &block{mem: mem, class: want}
	freeWhenUnreachable(p.dev, b, b.mem)
	if len(p.all[want]) == 0 {
		p.used = append(p.used, want)
	}
	p.all[want] = append(p.all[want], b)
	p.bytes += classBytes(want)
	return b, nil
}

func (p *blockPool) put(b *block) {
	if p.poisoner != nil {
		p.poisoner.Poison(b.mem)
	}
	p.free[b.class] = append(p.free[b.class], b)
	p.nonEmpty[b.class/64] |= 1 << (b.class % 64)
}

// reset frees every block, in an order that does not depend on how the blocks were used: the next step finds each
// tensor at the same address.
func (p *blockPool) reset() {
	for _, c := range p.used {
		p.free[c] = append(p.free[c][:0], p.all[c]...)
		p.nonEmpty[c/64] |= 1 << (c % 64)
	}
}
