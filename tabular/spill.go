package tabular

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
)

// spill is the file of a dataset's rows that do not fit into memory, and the chunks of it that are in memory.
//
// A pass in the order of Shuffle goes through the chunks in a random order, in windows of so many chunks as fit into
// windowBytes. The rows of a window are shuffled together. While a batch of a window is made, a proportional part of the
// next window is read, so that no batch waits for many chunks.
type spill struct {
	file    *os.File
	kept    int // the first chunks, which stay in memory
	written int // the chunks before this one are kept or in the file

	writer  sync.WaitGroup
	writing [][]float32
	err     error // of writer

	window int     // chunks of a window
	loaded []int32 // chunks in memory, in the order in which they were read; the oldest are dropped first

	order    []int32 // the chunks in the order of the current pass; nil if Shuffle's sampler does not make the order
	position []int32 // where order has each chunk
	next     int     // the next chunk in order to read
	current  int     // the window of the last batch
	served   int     // rows of that window in batches
}

// The rows of at most windowChunks chunks, or windowBytes bytes, are shuffled together. Up to 2¼ times as much is in
// memory; at most unshuffledChunks chunks of rows that are read in their own order, as those of a test are.
const (
	windowChunks     = 256
	windowBytes      = 48 << 20
	unshuffledChunks = 2 * readTogether
)

// spillTo makes r write the chunks that follow to a file, which it creates. The chunks that are complete stay in memory.
func (r *Rows) spillTo(dir string) error {
	f, err := createTemporary(dir, "lamina-rows-*")
	if err != nil {
		return fmt.Errorf("tabular: a temporary file for prepared rows: %w", err)
	}
	kept := r.n / chunkRows
	r.spill = &spill{file: f, kept: kept, written: kept, window: max(8, min(windowChunks, windowBytes/(4*chunkRows*r.stride())))}
	return nil
}

// writeBatch is the number of chunks that are written together.
const writeBatch = 32

// write writes complete chunks to the file, while the next ones are prepared: all if last, otherwise if there are enough.
// It returns the error of an earlier call.
func (r *Rows) write(last bool) error {
	s := r.spill
	n := r.n/chunkRows - s.written
	if n < writeBatch && !last {
		return nil
	}
	if err := s.wait(); err != nil {
		return err
	}
	for _, chunk := range s.writing {
		r.spare = append(r.spare, chunk[:0])
	}
	batch := r.chunks[s.written:][:n]
	s.writing = append(s.writing[:0], batch...)
	clear(batch)
	from := s.written
	s.written += n
	s.writer.Go(func() {
		for i, chunk := range s.writing {
			if _, err := s.file.WriteAt(bytesOf(chunk), s.offset(from+i, len(chunk))); err != nil {
				s.err = err
				return
			}
		}
	})
	if !last {
		return nil
	}
	err := s.wait()
	s.writing = nil
	return err
}

// wait waits until all is written.
func (s *spill) wait() error {
	s.writer.Wait()
	if s.err != nil {
		return fmt.Errorf("tabular: prepared rows: %w", s.err)
	}
	return nil
}

// offset returns the place of a chunk of so many numbers in the file.
func (s *spill) offset(chunk, size int) int64 { return int64(chunk-s.kept) * int64(4*size) }

func (s *spill) close() error {
	s.writer.Wait()
	return closeTemporary(s.file)
}

// bytesOf returns the memory of v.
func bytesOf(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}

// load reads a chunk from the file into memory.
func (r *Rows) load(chunk int) error {
	s := r.spill
	var buf []float32
	most := 2*s.window + s.window/4
	if s.order == nil {
		most = min(most, unshuffledChunks)
	}
	if len(s.loaded) >= most {
		oldest := s.loaded[0]
		copy(s.loaded, s.loaded[1:])
		s.loaded = s.loaded[:len(s.loaded)-1]
		buf, r.chunks[oldest] = r.chunks[oldest], nil
	} else {
		buf = make([]float32, chunkRows*r.stride())
	}
	if _, err := s.file.ReadAt(bytesOf(buf), s.offset(chunk, len(buf))); err != nil {
		return fmt.Errorf("tabular: prepared rows: %w", err)
	}
	r.chunks[chunk] = buf
	s.loaded = append(s.loaded, int32(chunk))
	return nil
}

// readAhead reads chunks of the next window after a batch with these rows.
func (r *Rows) readAhead(batch []int64) error {
	s := r.spill
	if s.order == nil || len(batch) == 0 {
		return nil
	}
	if w := int(s.position[batch[len(batch)-1]/chunkRows]) / s.window; w != s.current {
		s.current, s.served = w, 0
	}
	s.served += len(batch)
	s.next = max(s.next, s.current*s.window) // a pass may begin later, after Resume
	for end := min(len(s.order), (s.current+1)*s.window+s.served/chunkRows+1); s.next < end; s.next++ {
		if chunk := int(s.order[s.next]); r.chunks[chunk] == nil {
			if err := r.load(chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// Shuffle returns a sampler that reads the rows in a new random order in each pass. The order depends on the loader's
// RNG alone. If rows are in a file, it shuffles chunks of 1024 rows, and then the rows of 256 consecutive chunks, or as
// many as 48 MiB hold; at most one loader may use r with such a sampler at the same time.
func (r *Rows) Shuffle() data.Sampler {
	if r.spill == nil {
		return &data.RandomSampler{Dataset: r}
	}
	return windowSampler{r}
}

type windowSampler struct{ *Rows }

func (w windowSampler) Order(dst []int64, g *rng.Torch) {
	if g == nil {
		fail("Rows.Shuffle", "a random generator is missing: set the loader's RNG")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.spill
	seed := uint64(g.Int63())
	if s.order == nil {
		s.order, s.position = make([]int32, len(w.chunks)), make([]int32, len(w.chunks))
	}
	for i := range s.order {
		s.order[i] = int32(i)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
	var windows sync.WaitGroup
	for from := 0; from < len(s.order); from += s.window {
		chunks := s.order[from:min(from+s.window, len(s.order))]
		rows := 0
		for i, chunk := range chunks {
			s.position[chunk] = int32(from + i)
			rows += min(chunkRows, w.n-int(chunk)*chunkRows)
		}
		part := dst[:rows]
		dst = dst[rows:]
		windows.Go(func() { w.shuffle(part, chunks, rand.NewPCG(seed, uint64(1+from))) })
	}
	windows.Wait()
	s.next, s.current, s.served = 0, 0, 0
}

// shuffle sets part to the rows of the chunks in random order.
func (w windowSampler) shuffle(part []int64, chunks []int32, random *rand.PCG) {
	at := 0
	for _, chunk := range chunks {
		first := int(chunk) * chunkRows
		for row := first; row < min(first+chunkRows, w.n); row++ {
			part[at] = int64(row)
			at++
		}
	}
	for i := len(part) - 1; i > 0; i-- { // Fisher and Yates; the bias of the product is below 2^-32·i
		j := int(random.Uint64() >> 32 * uint64(i+1) >> 32)
		part[i], part[j] = part[j], part[i]
	}
}

// createTemporary creates a temporary file. Where the system can, it has no name from the beginning: then nothing is left
// of it when the process is killed.
func createTemporary(dir, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err == nil {
		os.Remove(f.Name()) // Windows refuses; closeTemporary removes it
	}
	return f, err
}

// closeTemporary closes and removes a file that createTemporary returned.
func closeTemporary(f *os.File) error {
	err := f.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
