package cpu

import (
	"errors"
	"runtime"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
)

// TestFreeMemory compares the free memory with the machine's, and asks for more than is free.
func TestFreeMemory(t *testing.T) {
	free := freeMemory()
	if free <= 0 || free > machineMemory {
		t.Errorf("%d bytes are free of %d", free, machineMemory)
	}
	if runtime.GOOS != "linux" {
		return
	}
	var e *device.OutOfMemory
	if _, err := New().Alloc(machineMemory); !errors.As(err, &e) || !e.Free { // the test itself uses some of it
		t.Errorf("error %v", err)
	}
	if err := CheckMemory(machineMemory + 1); !errors.As(err, &e) || e.Free {
		t.Errorf("error %v", err)
	}
	if err := CheckMemory(checkedFrom); err != nil {
		t.Errorf("error %v", err)
	}
}
