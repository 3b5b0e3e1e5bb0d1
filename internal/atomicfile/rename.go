package atomicfile

import "time"

// busyWait is how long Write waits for other programs to close the file that it replaces.
const busyWait = 2 * time.Second

// waiting returns a function that renames a file, and tries again for the time limit while busy says that another
// program holds the old one open.
func waiting(rename func(from, to string) error, busy func(error) bool, limit time.Duration) func(from, to string) error {
	return func(from, to string) error {
		deadline := time.Now().Add(limit)
		for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
			err := rename(from, to)
			if err == nil || !busy(err) || time.Now().After(deadline) {
				return err
			}
			time.Sleep(wait)
		}
	}
}
