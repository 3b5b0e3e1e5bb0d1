// Package async is a device for tests that simulates an asynchronous accelerator in the worst case. Its memory is
// opaque, and full of NaN before it is written and after it is freed. Work is done later, on two queues (transfers and
// kernels) that run in a random but repeatable order and are synchronized by events only. The device has no fused
// kernels, so it exercises the composites of ops. Code that works on it relies on nothing but the contract of package
// device.
package async

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// Device is the test device. Each Device has its own memory.
type Device struct {
	mu     sync.Mutex
	host   *cpu.Device // runs the kernels
	queues [2]queue
	rand   *rand.Rand         // chooses the queue that runs next
	failed *device.RangeError // of the first check that failed since the last wait
}

// The queues.
const (
	transfers = iota
	kernels
)

// A queue holds tasks in order. done is the number of tasks that have run. An event is the completion of the first
// count tasks of a queue.
type queue struct {
	tasks []task
	first int // of those that have not run
	done  int
}

func (q *queue) waiting() int { return len(q.tasks) - q.first }

// finish counts the first waiting task as run, and uses the memory of the tasks again if there is no other.
func (q *queue) finish() {
	q.done++
	q.tasks[q.first].run = nil
	if q.first++; q.first == len(q.tasks) {
		q.tasks, q.first = q.tasks[:0], 0
	}
}

type event struct{ queue, count int }

// A task waits for the first events of after: those of up to three arrays that it reads and two that it writes.
type task struct {
	run    func()
	after  [9]event
	events int
}

// waitFor adds an event, but not the task's own one: memory may be both read and written.
func (t *task) waitFor(e, own event) {
	if e != own {
		t.after[t.events] = e
		t.events++
	}
}

// memory records the last task that wrote it, and the last task on each queue that read it.
type memory struct {
	host  device.Memory
	owner *Device
	freed bool
	wrote event
	read  [2]int
}

func (m *memory) Bytes() int { return m.host.Bytes() }

// New returns a new device.
func New() *Device {
	return &Device{host: cpu.New(), rand: rand.New(rand.NewPCG(1, 2))}
}

// Name returns "async".
func (*Device) Name() string { return "async" }

// Alloc returns memory full of NaN.
func (d *Device) Alloc(bytes int) (device.Memory, error) {
	host, err := d.host.Alloc(bytes)
	if err != nil {
		return nil, err
	}
	poison(host)
	return &memory{host: host, owner: d}, nil
}

// poison sets all bits of memory: NaN as floats, −1 as integers.
func poison(m device.Memory) {
	a := device.Array{Mem: m, DType: device.Uint8, Size: m.Bytes()}
	for i, b := 0, cpu.Bytes(&a); i < len(b); i++ {
		b[i] = 0xff
	}
}

// Poison overwrites memory that was returned to a free list, after all work that was given before.
func (d *Device) Poison(m device.Memory) {
	d.mu.Lock()
	defer d.mu.Unlock()
	mem := d.own(m)
	d.enqueue(kernels, func() { poison(mem.host) }, []*memory{mem}, nil)
}

// Free overwrites memory; any later use panics.
func (d *Device) Free(m device.Memory) {
	d.Poison(m)
	d.mu.Lock()
	defer d.mu.Unlock()
	m.(*memory).freed = true
}

func (d *Device) own(m device.Memory) *memory {
	mem, ok := m.(*memory)
	if !ok || mem.owner != d {
		panic(fmt.Sprintf("async: memory of another device (%T)", m))
	}
	if mem.freed {
		panic("async: use of freed memory")
	}
	return mem
}

// enqueue appends a task to a queue. The task waits for the last write of the memory that it reads, and for every use
// of the memory that it writes.
func (d *Device) enqueue(q int, run func(), writes, reads []*memory) {
	t := task{run: run}
	own := event{q, d.queues[q].done + d.queues[q].waiting() + 1}
	for _, m := range reads {
		t.waitFor(m.wrote, own)
		m.read[q] = own.count
	}
	for _, m := range writes {
		t.waitFor(m.wrote, own)
		for other, count := range m.read {
			t.waitFor(event{other, count}, own)
		}
		m.wrote = own
	}
	d.queues[q].tasks = append(d.queues[q].tasks, t)
}

// drain runs all tasks, from the two queues in random order.
func (d *Device) drain() {
	for {
		q := d.rand.IntN(2)
		if !d.runNext(q) && !d.runNext(1-q) {
			if d.queues[0].waiting()+d.queues[1].waiting() > 0 {
				panic("async: the queues wait for each other")
			}
			return
		}
	}
}

// runNext runs the first task of a queue and returns true; false means that there is none or that it must wait.
func (d *Device) runNext(q int) bool {
	w := &d.queues[q]
	if w.waiting() == 0 {
		return false
	}
	t := &w.tasks[w.first]
	for _, e := range t.after[:t.events] {
		if d.queues[e.queue].done < e.count {
			return false
		}
	}
	if q == transfers || d.failed == nil {
		t.run()
	}
	w.finish()
	return true
}

// kernel appends a task to the kernels' queue. It copies the arrays and replaces the device's memory by the host's.
func (d *Device) kernel(run func(dst, x, y, z *device.Array), dst *device.Array, inputs ...*device.Array) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := &struct {
		dst device.Array
		in  [3]device.Array
	}{dst: *dst}
	m := d.own(dst.Mem)
	a.dst.Mem = m.host
	var read [3]*memory
	for i, x := range inputs {
		read[i] = d.own(x.Mem)
		a.in[i] = *x
		a.in[i].Mem = read[i].host
	}
	d.enqueue(kernels, func() { run(&a.dst, &a.in[0], &a.in[1], &a.in[2]) }, []*memory{m}, read[:len(inputs)])
}

// Upload copies the bytes, as a driver's staging buffer does, and writes them later.
func (d *Device) Upload(dst *device.Array, src []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.own(dst.Mem)
	out := *dst
	out.Mem = m.host
	staged := append([]byte(nil), src...)
	d.enqueue(transfers, func() { d.host.Upload(&out, staged) }, []*memory{m}, nil)
}

// Download runs all tasks, then copies.
func (d *Device) Download(dst []byte, src *device.Array) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	in := *src
	in.Mem = d.own(src.Mem).host
	if err := d.wait(); err != nil {
		return err
	}
	return d.host.Download(dst, &in)
}

// Sync runs all tasks.
func (d *Device) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wait()
}

// wait runs all tasks and returns the error of the first check that failed.
func (d *Device) wait() error {
	d.drain()
	if err := d.failed; err != nil {
		d.failed = nil
		return err
	}
	return nil
}

// Check checks the values later. Kernels after a check that failed do not run.
func (d *Device) Check(x *device.Array, c device.Check) device.Checked {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.own(x.Mem)
	in := *x
	in.Mem = m.host
	d.enqueue(kernels, func() {
		if r := d.host.Check(&in, c); r.Failed {
			d.failed = r.Err(&in, c)
		}
	}, nil, []*memory{m})
	return device.Checked{}
}

// CountNonZero waits for the values and counts them.
func (d *Device) CountNonZero(x *device.Array) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in := *x
	in.Mem = d.own(x.Mem).host
	if err := d.wait(); err != nil {
		return 0, err
	}
	return d.host.CountNonZero(&in)
}

// Copy copies src to dst and converts the elements.
func (d *Device) Copy(dst, src *device.Array) {
	d.kernel(func(dst, x, _, _ *device.Array) { d.host.Copy(dst, x) }, dst, src)
}

// Fill sets every element to value.
func (d *Device) Fill(dst *device.Array, value float64) {
	d.kernel(func(dst, _, _, _ *device.Array) { d.host.Fill(dst, value) }, dst)
}

// Draw draws random numbers, and writes two arrays: the numbers and the generator's next state.
func (d *Device) Draw(dst, state *device.Array, draw device.Draw) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, m := *dst, d.own(dst.Mem)
	out.Mem = m.host
	st, sm := *state, d.own(state.Mem)
	st.Mem = sm.host
	d.enqueue(kernels, func() { d.host.Draw(&out, &st, draw) }, []*memory{m, sm}, nil)
}

// Unary applies a row of the elementwise table.
func (d *Device) Unary(op *device.UnaryOp, dst, x *device.Array, p device.Params) {
	d.kernel(func(dst, x, _, _ *device.Array) { d.host.Unary(op, dst, x, p) }, dst, x)
}

// Binary applies a row of the elementwise table.
func (d *Device) Binary(op *device.BinaryOp, dst, x, y *device.Array, p device.Params) {
	d.kernel(func(dst, x, y, _ *device.Array) { d.host.Binary(op, dst, x, y, p) }, dst, x, y)
}

// Where sets dst to x where cond is true, and to y elsewhere.
func (d *Device) Where(dst, cond, x, y *device.Array) {
	d.kernel(func(dst, c, x, y *device.Array) { d.host.Where(dst, c, x, y) }, dst, cond, x, y)
}

// Reduce reduces x.
func (d *Device) Reduce(op device.Reduction, dst, x *device.Array) {
	d.kernel(func(dst, x, _, _ *device.Array) { d.host.Reduce(op, dst, x) }, dst, x)
}

// MatMul multiplies matrices.
func (d *Device) MatMul(dst, a, b *device.Array, p device.Precision) {
	d.kernel(func(dst, a, b, _ *device.Array) { d.host.MatMul(dst, a, b, p) }, dst, a, b)
}

// Gather gathers elements along a dimension.
func (d *Device) Gather(dst, x, index *device.Array, dim int) {
	d.kernel(func(dst, x, index, _ *device.Array) { d.host.Gather(dst, x, index, dim) }, dst, x, index)
}

// ScatterAdd adds elements along a dimension.
func (d *Device) ScatterAdd(dst, index, src *device.Array, dim int) {
	d.kernel(func(dst, index, src, _ *device.Array) { d.host.ScatterAdd(dst, index, src, dim) }, dst, index, src)
}

// Scatter writes elements along a dimension.
func (d *Device) Scatter(dst, index, src *device.Array, dim int) {
	d.kernel(func(dst, index, src, _ *device.Array) { d.host.Scatter(dst, index, src, dim) }, dst, index, src)
}

// Range sets dst to an arithmetic sequence.
func (d *Device) Range(dst *device.Array, start, step float64) {
	d.kernel(func(dst, _, _, _ *device.Array) { d.host.Range(dst, start, step) }, dst)
}

// Scan computes a cumulative sum or product.
func (d *Device) Scan(op device.Reduction, dst, x *device.Array, dim int, reverse bool) {
	d.kernel(func(dst, x, _, _ *device.Array) { d.host.Scan(op, dst, x, dim, reverse) }, dst, x)
}

// Recur computes a linear recurrence.
func (d *Device) Recur(dst, a, b *device.Array, dim int, reverse bool) {
	d.kernel(func(dst, a, b, _ *device.Array) { d.host.Recur(dst, a, b, dim, reverse) }, dst, a, b)
}

// ArgSort computes the indices that sort x.
func (d *Device) ArgSort(index, x *device.Array, dim int, descending bool) {
	d.kernel(func(index, x, _, _ *device.Array) { d.host.ArgSort(index, x, dim, descending) }, index, x)
}

// NonZero lists the indices of nonzero elements.
func (d *Device) NonZero(dst, x *device.Array) {
	d.kernel(func(dst, x, _, _ *device.Array) { d.host.NonZero(dst, x) }, dst, x)
}
