//go:build !noasm

package cpu

import "sync"

// cpuid runs the instruction CPUID with a leaf in EAX and a subleaf in ECX.
//
//go:noescape
func cpuid(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

var here = sync.OnceValue(func() Processor { return processor(cpuid) })

// processor reads the vendor and the cache sizes with CPUID. Intel and AMD describe the caches in different leaves of
// the same format (Intel's "Software Developer's Manual", volume 2, CPUID, leaf 4; AMD's "Architecture Programmer's
// Manual", volume 3, appendix E, function 8000_001D).
func processor(cpuid func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)) Processor {
	const authenticAMD, hygonGenuine = 0x68747541, 0x6f677948 // the first four letters of the vendor, in EBX
	highest, vendor, _, _ := cpuid(0, 0)
	p := Processor{AMD: vendor == authenticAMD || vendor == hygonGenuine}
	leaf := uint32(4)
	if p.AMD {
		leaf = 0x8000001d
		highest, _, _, _ = cpuid(0x80000000, 0)
	}
	if highest < leaf {
		return p
	}
	for i := range uint32(16) {
		eax, ebx, ecx, _ := cpuid(leaf, i)
		const none, instructions = 0, 2
		switch eax & 31 {
		case none:
			return p
		case instructions:
			continue
		}
		size := int(ebx>>22+1) * int(ebx>>12&0x3ff+1) * int(ebx&0xfff+1) * int(ecx+1) // ways, partitions, bytes of a line, sets
		switch eax >> 5 & 7 {
		case 1:
			p.L1 = size
		case 2:
			p.L2 = size
		case 3:
			p.L3 = size
		}
	}
	return p
}
