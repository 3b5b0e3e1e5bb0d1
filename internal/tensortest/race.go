//go:build race

package tensortest

// raceDetector says that the race detector is on.
const raceDetector = true
