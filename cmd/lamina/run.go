package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// The files of a run.
const (
	configFile     = "config.json"            // written first
	checkpointFile = "checkpoint.safetensors" // exists until the training is finished
	modelFile      = "model.safetensors"      // the weights of a finished training
	resultsFile    = "results.json"           // written last
)

// config holds everything that determines a run.
type config struct {
	Format   int          `json:"format"` // of this file
	Task     string       `json:"task"`
	Model    architecture `json:"model"`
	Pixels   string       `json:"pixels"`   // format of the network's input, for other programs that load the weights
	Prepared string       `json:"prepared"` // how a picture becomes the network's input: a value of --prepare
	Training settings     `json:"training"`
}

const (
	configFormat = 1
	pixelScale   = "grey/255, background 0, ink 1, row by row"
)

// settings holds the settings of a run's training.
type settings struct {
	Data      string  `json:"data"`             // a folder of IDX files; "" means the embedded MNIST
	Digest    string  `json:"digest,omitempty"` // of the files' content when the run began
	Epochs    int     `json:"epochs"`
	Batch     int     `json:"batch"`
	Optimizer string  `json:"optimizer"`
	LR        float64 `json:"lr"`
	Schedule  string  `json:"schedule"`
	Seed      uint64  `json:"seed"`
	Photos    int     `json:"photos,omitempty"`    // also train on the marks in this many drawn photographs with digits, and others without
	Average   float64 `json:"average,omitempty"`   // decay of the moving average of the weights that is tested and saved; 0 means none
	Smoothing float64 `json:"smoothing,omitempty"` // label smoothing
	Augment   string  `json:"augment,omitempty"`   // how training digits are changed at random: a key of augmentations; "" means none
	HeldOut   int     `json:"heldOut"`             // the last training digits are not trained on; they calibrate the probabilities
}

// results holds the results of a run and the machine that computed them.
type results struct {
	Test     train.Result `json:"test"`
	Accuracy float64      `json:"accuracy"`
	// Temperature divides the network's scores before the softmax, so that its probabilities are right on average.
	Temperature float64       `json:"temperature,omitempty"`
	Calibration float64       `json:"calibrationError,omitempty"` // expected calibration error on the test digits
	Epochs      []train.Epoch `json:"epochs"`
	Finished    time.Time     `json:"finished"`
	Device      string        `json:"device"`
	Threads     int           `json:"threads"`
	System      string        `json:"system"`
	Kernels     string        `json:"kernels"` // instruction set
	Go          string        `json:"go"`
	Lamina      string        `json:"lamina"`
}

// resultsOf returns the results of a finished training on this machine.
func resultsOf(h *train.History, d tensor.Device) results {
	last := h.Epochs[len(h.Epochs)-1]
	if last.Average != nil {
		last.Test = last.Average // of the weights that the model has now
	}
	return results{
		Test: *last.Test, Accuracy: last.Test.Accuracy(), Epochs: h.Epochs, Finished: time.Now().UTC().Truncate(time.Second),
		Device: d.String(), Threads: pool.Threads(), System: system(), Kernels: cpu.Chosen().String(),
		Go: runtime.Version(), Lamina: version(),
	}
}

// finishRun writes the weights and the results of a finished training to its folder, and removes the checkpoint.
func finishRun(folder string, model nn.Module, r results) error {
	err := safetensors.SaveModel(filepath.Join(folder, modelFile), model)
	if err == nil {
		err = writeJSON(filepath.Join(folder, resultsFile), r)
	}
	if err != nil {
		return errorWithAdvice{err, "The checkpoint contains the complete training. When there is space: " + resumeCommand(folder)}
	}
	return removeCheckpoint(folder)
}

// writeJSON writes v to a file of the run atomically.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// readJSON reads a file of the run into v.
func readJSON(path string, v any) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readFile returns the content of a file, at most 64 MiB of it.
func readFile(path string) ([]byte, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<20))
}

// openConfig reads the configuration of the run in folder.
func openConfig(folder string) (config, error) {
	var c config
	err := readJSON(filepath.Join(folder, configFile), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return c, errorWithAdvice{fmt.Errorf("%s is not a run: it has no file %s", folder, configFile),
			"A run is a folder that 'lamina train' has written, such as runs/mnist-001."}
	}
	if err != nil {
		return c, err
	}
	path := filepath.Join(folder, configFile)
	if c.Task == languageTask {
		return c, errorWithAdvice{fmt.Errorf("%s is the run of a language model, which does not read digits", folder),
			"Let it write: " + commandLine("generate", pathArgument(folder))}
	}
	if c.Format != configFormat {
		return c, fmt.Errorf("%s: format is %d, want %d", path, c.Format, configFormat)
	}
	if _, err := c.Model.parameters(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// openRun reads the configuration and the model of a finished run.
func openRun(folder string, d tensor.Device) (config, nn.Sequential, error) {
	c, err := openConfig(folder)
	if err != nil {
		return c, nil, err
	}
	path := filepath.Join(folder, modelFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil, errorWithAdvice{fmt.Errorf("the run %s is not finished: it has no file %s", folder, modelFile),
			"Resume its training: " + resumeCommand(folder)}
	}
	if err != nil {
		return c, nil, err
	}
	// Check the size of the file before allocating a model of the configuration's size.
	if n, _ := c.Model.parameters(); info.Size() < 4*int64(n) {
		return c, nil, fmt.Errorf("%s: %d bytes are too few for the model %s: the file is truncated, or it belongs to another run",
			path, info.Size(), c.Model)
	}
	model := c.Model.build(rng.NewTorch(0))
	if err := safetensors.LoadModel(path, model); err != nil {
		return c, nil, fmt.Errorf("the model %s: %w", c.Model, err)
	}
	nn.To(model, d)
	return c, model, nil
}
