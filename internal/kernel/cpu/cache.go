package cpu

// A Processor describes the processor for kernels that choose block sizes. It may affect the speed of a kernel, never
// the bits of a result.
type Processor struct {
	AMD        bool // made by AMD or Hygon
	L1, L2, L3 int  // sizes of the data caches in bytes; 0 if there is no such cache or its size is not known
}

// Here returns the processor that the program runs on.
func Here() Processor { return here() }
