// Package tbevents writes and reads TensorBoard's event files: scalars, histograms, images, texts, graphs of models and
// hyperparameters.
//
//	w, err := tbevents.Create("runs/mnist", 1)
//	…
//	err = w.Scalar("loss/train", loss, step)
//	err = w.Histogram("weights/fc1", tbevents.NewHistogram(weights), step)
//	err = w.Close()
//
// `tensorboard --logdir runs` then shows them. Every start of a training writes a file of its own, whose first event
// says from which step on it replaces the events of earlier files, so nothing is appended to a file that a killed
// process may have left torn.
//
// An event file is a sequence of records, each with its length and checksums; a record is the encoding of
// tensorflow.Event (tensorboard/compat/proto/event.proto) as a protocol buffer. This package encodes and decodes the
// fields that TensorBoard's scalars, histograms, images, text, graphs and hparams plugins read.
package tbevents
