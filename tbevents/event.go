package tbevents

import (
	"image"
	"time"
)

// Event is one record of an event file.
type Event struct {
	Time time.Time
	Step int64

	// Version is the format's version in the first event of a file, such as "brain.Event:2".
	Version string

	// Start marks the start of a training at Step: events of earlier files with the same or a later step are replaced
	// by those that follow.
	Start bool

	Values []Value
	Graph  []Node // of the model; nil in an event without a graph
}

// Value is what an event says about a tag, such as "loss/train". TensorBoard groups tags by the part before the slash.
type Value struct {
	Tag string

	// Data is a Scalar, Histogram, Image, Text, HParams or SessionEnd. It is nil if a file has data of another kind.
	Data any
}

// Scalar is a number, one point of a curve. Event files hold float32.
type Scalar float32

// Image is a picture, stored as PNG (files of other writers may hold JPEG or GIF).
type Image struct {
	Width, Height int
	Channels      int // 1 for gray, 3 for RGB, 4 for RGBA
	Encoded       []byte
}

// Text is a text in Markdown.
type Text string

// HParams are the hyperparameters of a run, with which TensorBoard's hparams page begins a session. Its tag is
// HParamsTag.
type HParams struct {
	// Values are numbers, texts and booleans. A number of any type is read back as float64. Other values, and numbers with
	// a method String, such as a time.Duration, are written as the text that fmt.Sprint makes of them.
	Values map[string]any

	Group string // runs of one group, such as repetitions with other seeds, are shown as one; "" means the run's own
	Start time.Time
}

// SessionEnd ends the session that HParams began. Its tag is SessionEndTag.
type SessionEnd struct {
	Status Status
	End    time.Time
}

// Status is how a session ended.
type Status int

// The statuses that TensorBoard shows.
const (
	StatusUnknown Status = iota
	StatusSuccess
	StatusFailure
	StatusRunning
)

// The tags of hyperparameters, under which TensorBoard looks for them.
const (
	HParamsTag    = "_hparams_/session_start_info"
	SessionEndTag = "_hparams_/session_end_info"
)

// Node is a node of a graph. TensorBoard draws the names' parts before a slash as boxes that can be opened.
type Node struct {
	Name   string
	Op     string   // such as "Conv2d"
	Inputs []string // names of the nodes whose results it reads
	Shapes [][]int  // of the results; −1 is an unknown size
	Attrs  map[string]string
}

// channels returns the number of channels with which img is encoded as PNG.
func channels(img image.Image) int {
	switch img.(type) {
	case *image.Gray, *image.Gray16:
		return 1
	}
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return 3
	}
	return 4
}
