package atomicfile

import (
	"errors"
	"testing"
	"time"
)

// TestWaiting renames a file that another program holds open for a while, or for ever.
func TestWaiting(t *testing.T) {
	errBusy, errOther := errors.New("busy"), errors.New("other")
	for _, c := range []struct {
		busyFor int // renames that fail
		then    error
		limit   time.Duration
		want    error
		renames int // at least
	}{
		{0, nil, time.Minute, nil, 1},
		{4, nil, time.Minute, nil, 5},
		{2, errOther, time.Minute, errOther, 3},
		{1 << 30, nil, 20 * time.Millisecond, errBusy, 2},
		{1 << 30, nil, 0, errBusy, 1},
	} {
		n := 0
		rename := waiting(func(from, to string) error {
			if from != "a" || to != "b" {
				t.Errorf("rename %s to %s", from, to)
			}
			if n++; n <= c.busyFor {
				return errBusy
			}
			return c.then
		}, func(err error) bool { return err == errBusy }, c.limit)
		if err := rename("a", "b"); err != c.want || n < c.renames || c.limit == time.Minute && n != c.renames {
			t.Errorf("%+v: %v after %d renames", c, err, n)
		}
	}
}
