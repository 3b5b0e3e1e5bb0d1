package device

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Driver opens the devices of one kind, which are numbered from 0.
type Driver interface {
	// Count returns how many devices of the kind the machine has.
	Count() int
	// Open returns device number i, 0 ≤ i < Count(). It is called once for each number, unless it fails.
	Open(i int) (Device, error)
}

var registry struct {
	sync.Mutex
	drivers map[string]Driver
	opened  map[string]Device // by name and number
}

// Register makes the devices of a kind, such as "cuda", available by name. The package of a driver calls it from init,
// so that importing the package is enough. A nil driver removes the kind, for tests.
func Register(kind string, d Driver) {
	registry.Lock()
	defer registry.Unlock()
	if d == nil {
		delete(registry.drivers, kind)
		return
	}
	if registry.drivers == nil {
		registry.drivers, registry.opened = map[string]Driver{}, map[string]Device{}
	}
	registry.drivers[kind] = d
}

// Open returns the device called name: a kind with a number, such as "cuda:1", or a kind alone, which is its device 0.
// The same name gives the same device.
func Open(name string) (Device, error) {
	registry.Lock()
	defer registry.Unlock()
	kind, number, numbered := strings.Cut(name, ":")
	driver := registry.drivers[kind]
	if driver == nil {
		return nil, fmt.Errorf("no device %q in this program (it has: %s)", name, known())
	}
	i := 0
	if numbered {
		var err error
		if i, err = strconv.Atoi(number); err != nil || strconv.Itoa(i) != number {
			return nil, fmt.Errorf("no device %q: a number must follow the colon (there are: %s)", name, known())
		}
	}
	if i < 0 || i >= driver.Count() {
		return nil, fmt.Errorf("no device %q on this machine (it has: %s)", name, known())
	}
	key := kind + ":" + strconv.Itoa(i)
	if d := registry.opened[key]; d != nil {
		return d, nil
	}
	d, err := driver.Open(i)
	if err != nil {
		return nil, fmt.Errorf("device %q: %w", name, err)
	}
	registry.opened[key] = d
	return d, nil
}

// known lists the names of all devices, without a number if a kind has one device.
func known() string {
	var names []string
	for kind, driver := range registry.drivers {
		n := driver.Count()
		if n == 1 {
			names = append(names, kind)
			continue
		}
		for i := range n {
			names = append(names, kind+":"+strconv.Itoa(i))
		}
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
