// Package tbevents writes and reads TensorBoard's event files: scalars, histograms, images, texts, graphs and
// hyperparameters.
package tbevents

import _ "google.golang.org/protobuf/encoding/protowire" // the encoding of the events
