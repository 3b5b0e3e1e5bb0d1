package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/runs"
)

// asTool is the environment variable that makes the test program act as the tool, so that tests can run the tool as a
// process.
// The files of a run that tests read.
var (
	configFile     = runs.ConfigFile
	bestFile       = filepath.FromSlash(runs.BestFile)
	checkpointFile = runs.CheckpointFile
)

const asTool = "LAMINA_TEST_AS_TOOL"

func TestMain(m *testing.M) {
	if os.Getenv(asTool) != "" {
		limitFiles()
		main()
	}
	os.Exit(m.Run())
}

func tool(folder string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asTool+"=1")
	cmd.Dir = folder
	return cmd
}

// call runs the tool in folder and returns its output and exit code.
func call(t *testing.T, folder string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return finish(t, tool(folder, args...))
}

func finish(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs the tool, which must succeed, and returns its standard output.
func must(t *testing.T, folder string, args ...string) string {
	t.Helper()
	out, errs, code := call(t, folder, args...)
	if code != exitOK || errs != "" {
		t.Fatalf("lamina %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// mustFail runs the tool, which must exit with code and print the given parts on standard error.
func mustFail(t *testing.T, code int, folder string, args []string, parts ...string) {
	t.Helper()
	_, errs, got := call(t, folder, args...)
	if got != code {
		t.Errorf("lamina %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, errs)
	}
	says(t, errs, parts...)
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q but\n%s", p, text)
		}
	}
	if strings.Contains(text, "goroutine ") {
		t.Errorf("it panicked:\n%s", text)
	}
}

// small writes a data set of a few MNIST digits to folder.
func small(t *testing.T, folder string) {
	t.Helper()
	for part, load := range map[string]func() (*mnist.Digits, error){"train": mnist.Train, "t10k": mnist.Test} {
		d, err := load()
		if err != nil {
			t.Fatal(err)
		}
		n := 600
		if part == "t10k" {
			n = 200
		}
		writeIDX(t, filepath.Join(folder, part+"-images-idx3-ubyte"), idx.New(d.Images[:n*784], n, 28, 28))
		writeIDX(t, filepath.Join(folder, part+"-labels-idx1-ubyte"), idx.New(d.Labels[:n]))
	}
}

func writeIDX(t *testing.T, path string, a *idx.Array) {
	t.Helper()
	var b bytes.Buffer
	if err := idx.Write(&b, a); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// picture returns training digit i scaled up and off center in a larger image: dark on light or light on dark.
func picture(t *testing.T, i int, dark bool) image.Image {
	t.Helper()
	d, err := mnist.Train()
	if err != nil {
		t.Fatal(err)
	}
	const zoom = 5
	m := image.NewGray(image.Rect(0, 0, 260, 190))
	for y := range 190 {
		for x := range 260 {
			v := byte(0)
			if p := image.Pt((x-70)/zoom, (y-20)/zoom); x >= 70 && y >= 20 && p.X < 28 && p.Y < 28 {
				v = d.Image(i).GrayAt(p.X, p.Y).Y
			}
			if dark {
				v = 255 - v
			}
			m.SetGray(x, y, color.Gray{Y: v})
		}
	}
	return m
}

func encoded(t *testing.T, encode func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTool follows a new user in an empty folder, and then tests errors with the resulting run.
func TestTool(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	arguments := []string{"train", "mnist", "--data", "digits", "--hidden", "32,16", "--epochs", "12", "--batch", "20",
		"--prepare", "digit", "--threads", "1"}
	out := must(t, folder, arguments...)
	says(t, out, "784-32-16-10", "550 training digits, 50 to choose the best epoch and to calibrate, 200 test digits",
		"cpu, 1 thread (no cuda in this program)",
		"epoch 1/12: loss ", "epoch 12/12: loss ", "lamina evaluate "+filepath.Join("runs", "mnist-001"))
	figure := regexp.MustCompile(`\d+ of 200 test digits correct: [\d.]+%`)
	trained := figure.FindString(out)

	run := filepath.Join("runs", "mnist-001")
	folderHolds(t, filepath.Join(folder, run), finishedRun...)
	folderHolds(t, filepath.Join(folder, run, "weights"), "best.safetensors", "last.safetensors")
	says(t, string(read(t, filepath.Join(folder, run, runs.ReportFile))), trained, "precision", "expected calibration error")
	if got := figure.FindString(must(t, folder, "evaluate", run)); got == "" || got != trained {
		t.Errorf("evaluate says %q, train said %q", got, trained)
	}
	says(t, must(t, folder, "evaluate", run), "expected calibration error ")
	out = must(t, folder, "evaluate", run, "--report", "--confusion", "c.png")
	says(t, out, trained, "precision    recall  f1-score   support", "weighted avg", "confusion matrix written to c.png")
	checkConfusion(t, out, filepath.Join(folder, "c.png"))
	says(t, must(t, folder, "summary", run), "Linear", "(1, 32)", "25,818 parameters")
	says(t, must(t, folder, "version"), "lamina ", runtime.Version())

	// The second run uses the next number, and the same seed gives the same weights with another number of threads.
	must(t, folder, append(arguments[:len(arguments)-1], "2")...)
	if !bytes.Equal(read(t, filepath.Join(folder, run, bestFile)), read(t, filepath.Join(folder, "runs", "mnist-002", bestFile))) {
		t.Error("two threads give other weights than one")
	}

	d, err := mnist.Train()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "dark.png"), encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, picture(t, 1, true)) }))
	write(t, filepath.Join(folder, "light.jpg"),
		encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(t, 7, false), nil) }))
	out = must(t, folder, "predict", run, "dark.png", "light.jpg")
	says(t, out, fmt.Sprintf("dark.png   %d  (", d.Labels[1]), fmt.Sprintf("light.jpg  %d  (", d.Labels[7]), "%; next ")
	out = must(t, folder, "predict", "--show", run, "dark.png")
	if n := strings.Count(out, "\n"); n != 29 || !strings.Contains(out, "██") {
		t.Errorf("--show prints %d lines:\n%s", n, out)
	}

	t.Run("confusion", func(t *testing.T) {
		mustFail(t, exitFailed, folder, []string{"evaluate", run, "--confusion", filepath.Join("nowhere", "c.png")}, "nowhere")
		mustFail(t, exitFailed, folder, []string{"evaluate", "nowhere", "--report"}, "nowhere is not a run", "lamina train")
	})

	t.Run("pictures", func(t *testing.T) {
		write(t, filepath.Join(folder, "text.png"), []byte("this is no picture"))
		write(t, filepath.Join(folder, "cut.png"), read(t, filepath.Join(folder, "dark.png"))[:300])
		blank := image.NewGray(image.Rect(0, 0, 50, 50))
		write(t, filepath.Join(folder, "blank.png"), encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, blank) }))
		huge := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, blank) })
		copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536×65536, by its header
		write(t, filepath.Join(folder, "huge.png"), huge)
		for _, name := range []string{"text.png", "cut.png", "blank.png", "huge.png", "none.png"} {
			mustFail(t, exitFailed, folder, []string{"predict", run, name}, name)
		}
		// A bad image does not prevent the classification of the others.
		out, errs, code := call(t, folder, "predict", run, "text.png", "dark.png")
		if code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		says(t, errs, "text.png")
		says(t, out, fmt.Sprintf("dark.png  %d", d.Labels[1]))
	})

	t.Run("runs", func(t *testing.T) {
		model := read(t, filepath.Join(folder, run, bestFile))
		conf := string(read(t, filepath.Join(folder, run, configFile)))
		broken := func(name string, config string, model []byte) string {
			write(t, filepath.Join(folder, name, configFile), []byte(config))
			write(t, filepath.Join(folder, name, "preparation.json"), read(t, filepath.Join(folder, run, "preparation.json")))
			if model != nil {
				write(t, filepath.Join(folder, name, bestFile), model)
			}
			return name
		}
		for _, c := range []struct {
			run  string
			want []string
		}{
			{"nowhere", []string{"nowhere is not a run", "lamina train"}},
			{"digits", []string{"digits is not a run"}},
			{"dark.png", []string{"dark.png"}},
			{broken("no-model", conf, nil), []string{"not finished", "lamina resume no-model"}},
			{broken("cut", conf, model[:len(model)-1]), []string{bestFile, "beyond the end"}},
			{broken("noise", conf, bytes.Repeat([]byte("noise "), 30000)), []string{bestFile}},
			{broken("no-yaml", "{", model), []string{configFile + ":1:1"}},
			{broken("task", strings.Replace(conf, "task: digits", "task: digit", 1), model),
				[]string{configFile + ":1:7: task: ", `no task "digit" (did you mean "digits"?)`}},
			{broken("key", strings.Replace(conf, "epochs:", "epoch:", 1), model),
				[]string{configFile, `no "epoch" (did you mean "epochs"?)`}},
			{broken("greedy", strings.Replace(conf, "32, 16", "32, 900000", 1), model), []string{bestFile, "784-32-900000-10"}},
			{broken("overflow", strings.Replace(conf, "32, 16", "32, 9223372036854775807", 1), model),
				[]string{configFile, "9223372036854775807"}},
			{broken("negative", strings.Replace(conf, "32, 16", "32, -16", 1), model), []string{configFile, "-16"}},
			{broken("other", strings.Replace(conf, "32, 16", "32, 15", 1), model), []string{"2.weight", "2.bias", "4.weight"}},
		} {
			mustFail(t, exitFailed, folder, []string{"evaluate", c.run}, c.want...)
			mustFail(t, exitFailed, folder, []string{"predict", c.run, "dark.png"}, c.want...)
			if c.run != "digits" { // summary takes what train takes, too
				mustFail(t, exitFailed, folder, []string{"summary", c.run}, c.want...)
			}
		}
		mustFail(t, exitFailed, folder, []string{"resume", run}, "is finished", "lamina evaluate", "--epochs")
		mustFail(t, exitFailed, folder, []string{"train", "mnist", "--out", run}, "finished run", "--out")
		mustFail(t, exitFailed, folder, []string{"train", "mnist", "--out", "no-model"}, "not finished", "lamina resume no-model")
		mustFail(t, exitFailed, folder, []string{"train", "mnist", "--out", "digits"}, "not empty")
		mustFail(t, exitFailed, folder, []string{"evaluate", run, "--device", "cuda"}, `no device "cuda"`, "--device")
		if !bytes.Equal(read(t, filepath.Join(folder, run, bestFile)), model) {
			t.Error("the finished run has changed")
		}
	})
}

// checkConfusion parses the confusion matrix that evaluate printed and compares it with the accuracy above it and
// with the image at path.
func checkConfusion(t *testing.T, out, path string) {
	t.Helper()
	var correct, total, hits, all int
	if _, err := fmt.Sscanf(out, "%d of %d", &correct, &total); err != nil {
		t.Fatal(err)
	}
	if m, err := png.Decode(bytes.NewReader(read(t, path))); err != nil || m.Bounds().Dx() < 400 {
		t.Fatalf("%s: %v", path, err)
	}
	_, table, _ := strings.Cut(out, `target\predicted`)
	rows := strings.Split(table, "\n")
	if len(rows) < 11 {
		t.Fatalf("no table of ten digits:\n%s", out)
	}
	for i, row := range rows[1:11] {
		cells := strings.Fields(row)
		if len(cells) != 11 || cells[0] != fmt.Sprint(i) {
			t.Fatalf("row %d is %q", i, row)
		}
		for j, cell := range cells[1:] {
			n, _ := strconv.Atoi(cell) // a dot is 0
			all += n
			if i == j {
				hits += n
			}
		}
	}
	if hits != correct || all != total {
		t.Errorf("the table has %d of %d right, the verdict %d of %d", hits, all, correct, total)
	}
}

// TestConvolutional trains a convolutional network with the settings of its preset, evaluates it, and stops and
// resumes another.
func TestConvolutional(t *testing.T) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	out := must(t, folder, "train", "mnist", "--model", "cnn", "--data", "digits", "--batch", "25", "--epochs", "12", "--prepare", "digit")
	says(t, out, "convolutional, images of 28×28, 10 classes, 171378 parameters", "one-cycle", "digits changed at random", "averaged: ")
	figure := regexp.MustCompile(`(\d+) of 200 test digits correct: [\d.]+%`)
	trained := figure.FindStringSubmatch(out)
	if correct, _ := strconv.Atoi(trained[1]); correct < 170 {
		t.Errorf("%s", trained[0])
	}
	run := filepath.Join("runs", "mnist-001")
	if got := figure.FindString(must(t, folder, "evaluate", run)); got != trained[0] {
		t.Errorf("evaluate says %q, train said %q", got, trained[0])
	}
	says(t, must(t, folder, "summary", run), "Conv2d", "MaxPool2d", "171,378 parameters")
}

func TestUsage(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		args string
		want string
	}{
		{"trian", `unknown command "trian"`},
		{"train", "lamina train mnist"},
		{"train cifar", `cifar`},
		{"trian mnist", `(did you mean "train"?)`},
		{"train mnist now", `"now"`},
		{"train mnist --epochs x", "--epochs x: not a whole number; want a whole number from 1 to 1e9"},
		{"train mnist --epochs 0", "--epochs 0: out of range; want a whole number from 1 to 1e9"},
		{"train mnist --batch -1", "--batch -1: out of range"},
		{"train mnist --lr 0", "--lr 0: out of range; want a number above 0 and below 1e6"},
		{"train mnist --lr abc", "--lr abc: not a number; want a number above 0 and below 1e6"},
		{"train mnist --lr NaN", "--lr NaN: not a number"},
		{"train mnist --set optimizer.lr=x", "--set optimizer.lr=x: not a number"},
		{"train mnist --set optimizer.rl=1", `optimizer adam has no "rl" (did you mean "lr"?)`},
		{"train mnist --set optimizer", "--set optimizer: want a name, = and a value"},
		{"train mnist --optimizer adm", `--optimizer adm: no optimizer "adm" (did you mean "adam"?); want adam`},
		{"train mnist --schedule never", `no schedule "never"`},
		{"train mnist --model rnn", `no model "rnn"`},
		{"train mnist --model cnn --hidden 8", `--hidden 8: model cnn has no options, and no "hidden"`},
		{"train mnist --tokens bpe", `--tokens has no meaning for the task digits, only for language`},
		{"train mnist --augment flips", "--augment flips: not known; want none, affine or mirror"},
		{"train mnist --average 1", "--average 1: out of range; want a number of at least 0 and below 1"},
		{"train mnist --hidden 0", "--hidden 0: out of range"},
		{"train mnist --hidden 2000000000", "--hidden 2000000000: out of range"},
		{"train mnist --hidden 100000,100000", "billion"},
		{"train mnist --device tpu", `"tpu"`},
		{"train mnist --threads -1", "--threads"},
		{"train --resume x", "lamina resume x"},
		{"evaluate", "an argument is missing; usage: lamina evaluate RUN"},
		{"train mnist --nonsense", "there is no flag --nonsense\n"},
		{"train iris --balanced", "there is no flag --balanced; the setting is --set data.balanced=true"},
		{"train iris --metrics recall", "there is no flag --metrics; the setting is --set metrics=VALUE"},
		{"tune iris --weight-decay 1", "there is no flag --weight-decay; the setting is --set optimizer.weight_decay=VALUE"},
		{"train iris --model.dropout 0.1", "there is no flag --model.dropout; the setting is --set model.dropout=VALUE"},
		{"train iris --epoch 3", "there is no flag --epoch (did you mean --epochs?)"},
		{"train iris --learning-rate 0.1", "there is no flag --learning-rate (did you mean --lr?)"},
		{"ui --port 8080", "there is no flag --port (did you mean --addr?)"},
		{"evaluate run --port 8080", "there is no flag --port\n"},
		{"predict run --balanced", "there is no flag --balanced\n"},
		{"train mnist --epoch 3", "did you mean --epochs?"},
		{"evaluate runs/x --confusion", "--confusion needs a value"},
		{"evaluate runs/x --report=no", "--report no: want true or false"},
		{"summary", "an argument is missing; usage: lamina summary RUN"},
		{"version 2", `"2"`},
		{"resume", "usage: lamina resume RUN"},
		{"resume runs/x --epochs many", "--epochs many: want a whole number of at least 1"},
	} {
		mustFail(t, exitUsage, folder, strings.Fields(c.args), c.want, "--help")
	}
	if entries, _ := os.ReadDir(folder); len(entries) > 0 {
		t.Errorf("wrong command lines left %v", entries)
	}
	for _, args := range []string{"", "--help", "help train", "train mnist --help", "predict -h"} {
		says(t, must(t, folder, strings.Fields(args)...), "Usage:", "Examples:", "lamina")
	}
}

func TestBadData(t *testing.T) {
	folder := t.TempDir()
	good := filepath.Join(folder, "good")
	small(t, good)
	images, labels := "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
	pixels := make([]byte, 600*784)
	for name, c := range map[string]struct {
		file    string
		content *idx.Array // nil: the file is cut
		want    string
	}{
		"label":  {labels, idx.New(append(make([]byte, 599), 10)), "label 599 is 10"},
		"fewer":  {labels, idx.New(make([]byte, 599)), "599 labels for 600 images"},
		"type":   {labels, idx.New(make([]float32, 600)), "want labels (N) of uint8"},
		"flat":   {images, idx.New(pixels, 600, 784), "(N, rows, columns)"},
		"oblong": {images, idx.New(pixels, 600, 14, 56), "want square images"},
		"size":   {images, idx.New(make([]byte, 600*64), 600, 8, 8), "8×8"},
		"empty":  {images, idx.New([]byte{}, 0, 28, 28), "no images"},
		"cut":    {images, nil, images},
	} {
		bad := filepath.Join(folder, name)
		small(t, bad)
		if c.content != nil {
			writeIDX(t, filepath.Join(bad, c.file), c.content)
		} else {
			write(t, filepath.Join(bad, c.file), read(t, filepath.Join(bad, c.file))[:5000])
		}
		mustFail(t, exitFailed, folder, []string{"train", "mnist", "--data", name}, c.want)
	}
	mustFail(t, exitFailed, folder, []string{"train", "mnist", "--data", "nowhere"}, "nowhere", "t10k-images-idx3-ubyte")
	if _, err := os.Stat(filepath.Join(folder, "runs")); err == nil {
		t.Error("bad data left a run")
	}
	mustFail(t, exitFailed, folder, []string{"train", "mnist", "--data", "good", "--hidden", "32,32,32,32,32,32,32", "--lr", "9e5"},
		"epoch 1, step ", "the loss is ", "model.", "smaller --lr")
}

func TestInterruptAndResume(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be sent an interrupt here")
	}
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	arguments := []string{"train", "mnist", "--data", "digits", "--hidden", "16", "--epochs", "40", "--batch", "10", "--out"}
	must(t, folder, append(arguments, "whole")...)

	cmd := tool(folder, append(arguments, "parts")...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "epoch 2/") {
			cmd.Process.Signal(os.Interrupt)
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit code %d\n%s", code, &errs)
	}
	says(t, errs.String(), "interrupted", "lamina resume parts")
	says(t, must(t, folder, "resume", "parts"), "epoch 40/40")
	if !bytes.Equal(read(t, filepath.Join(folder, "whole", bestFile)), read(t, filepath.Join(folder, "parts", bestFile))) {
		t.Error("the interrupted training ended with other weights")
	}
}

// TestMNIST trains with the default flags and checks the accuracy that the documentation promises.
func TestMNIST(t *testing.T) {
	if testing.Short() {
		t.Skip("ten seconds")
	}
	folder := t.TempDir()
	out := must(t, folder, "train", "mnist")
	var correct int
	if _, err := fmt.Sscanf(regexp.MustCompile(`\d+ of 10000`).FindString(out), "%d of 10000", &correct); err != nil || correct < 9750 {
		t.Errorf("%d of the 10,000 test digits are read correctly, %v\n%s", correct, err, out)
	}
	says(t, must(t, folder, "evaluate", filepath.Join("runs", "mnist-001")), fmt.Sprintf("%d of 10000 ", correct))
}
