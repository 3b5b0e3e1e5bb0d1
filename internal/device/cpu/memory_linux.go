package cpu

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// totalMemory returns the bytes of memory and swap space, or math.MaxInt if the system call fails.
func totalMemory() int {
	var i syscall.Sysinfo_t
	if err := syscall.Sysinfo(&i); err != nil {
		return math.MaxInt
	}
	return int((uint64(i.Totalram) + uint64(i.Totalswap)) * uint64(i.Unit))
}

// freeMemory returns how many bytes the system can give to programs now, with its swap space and within the limit of a
// container, or math.MaxInt if it does not say.
func freeMemory() int {
	free := math.MaxInt
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if available, ok := field(text, "MemAvailable:"); ok {
			swap, _ := field(text, "SwapFree:")
			free = (available + swap) << 10
		}
	}
	const group = "/sys/fs/cgroup/" // of this process, in a container
	limit, ok1 := readInt(group + "memory.max")
	used, ok2 := readInt(group + "memory.current")
	if ok1 && ok2 {
		text, _ := os.ReadFile(group + "memory.stat")
		cached, _ := field(text, "inactive_file ") // pages of files, which the system drops first
		free = min(free, max(0, limit-used+cached))
	}
	return free
}

// field returns the number behind a name at the beginning of a line.
func field(text []byte, name string) (int, bool) {
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
			words := strings.Fields(string(rest))
			if len(words) == 0 {
				return 0, false
			}
			n, err := strconv.Atoi(words[0])
			return n, err == nil
		}
	}
	return 0, false
}

// readInt returns the number in a file.
func readInt(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return n, err == nil
}
