package device_test

import (
	"errors"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
)

// driver has two devices; number 1 is broken.
type driver struct{ opened int }

type fake struct {
	device.Device
	number int
}

func (*driver) Count() int { return 2 }

func (d *driver) Open(i int) (device.Device, error) {
	d.opened++
	if i == 1 {
		return nil, errors.New("it fell off the bus")
	}
	return &fake{number: i}, nil
}

func TestOpen(t *testing.T) {
	d := new(driver)
	device.Register("gpu", d)
	first, err := device.Open("gpu")
	if err != nil || first.(*fake).number != 0 {
		t.Fatalf("gpu: %v, %v", first, err)
	}
	if again, err := device.Open("gpu:0"); again != first || err != nil || d.opened != 1 {
		t.Errorf("gpu:0 is %v, %v, and not the gpu that was opened before", again, err)
	}
	for name, want := range map[string]string{
		"gpu:1":  `device "gpu:1": it fell off the bus`,
		"gpu:2":  `no device "gpu:2" on this machine (it has: gpu:0, gpu:1)`,
		"gpu:-1": `no device "gpu:-1" on this machine (it has: gpu:0, gpu:1)`,
		"gpu:":   `no device "gpu:": a number must follow the colon (there are: gpu:0, gpu:1)`,
		"gpu:01": `no device "gpu:01": a number must follow the colon (there are: gpu:0, gpu:1)`,
		"tpu":    `no device "tpu" in this program (it has: gpu:0, gpu:1)`,
	} {
		if _, err := device.Open(name); err == nil || err.Error() != want {
			t.Errorf("%s: the error is %v, want %s", name, err, want)
		}
	}
}
