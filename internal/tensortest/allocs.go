package tensortest

import (
	"math"
	"runtime"
	"testing"
	"time"
)

// AllocsPerRun is testing.AllocsPerRun for packages that also test on the asynchronous test device. The memory that
// such tests leave behind is freed, with allocations, after a garbage collection, and testing.AllocsPerRun counts
// those of all goroutines. So AllocsPerRun counts again, for up to ten seconds, until f allocates nothing, and returns
// the least count: allocations of f itself are in every one.
func AllocsPerRun(runs int, f func()) float64 {
	least := math.Inf(1)
	for start := time.Now(); least > 0 && time.Since(start) < 10*time.Second; {
		if least = min(least, testing.AllocsPerRun(runs, f)); least > 0 {
			runtime.GC()
			time.Sleep(20 * time.Millisecond)
		}
	}
	return least
}
