package cpu

// A Processor is what a kernel that cuts its work for the caches asks of the processor. It decides speed alone, never a result's bits.
type Processor struct {
	AMD        bool // made by AMD or under its licence
	L1, L2, L3 int  // bytes of the data caches; 0 where there is none, or it is not known
}

// Here returns the processor that the program runs on.
func Here() Processor { return here() }
