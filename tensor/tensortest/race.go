//go:build race

package tensortest

// raceDetector says that the race detector is on, which allocates on its own and empties the pools at random.
const raceDetector = true
