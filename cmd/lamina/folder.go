package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/filelock"
)

// lockFile is the locked file in a run folder during a training. A killed training leaves the file, but not the lock.
const lockFile = ".lock"

// errInUse is wrapped by the error of lockFolder if another training uses the folder.
var errInUse = errors.New("another training uses it")

// lockFolder locks a run folder for this process and removes temporary files that a killed process left in it. The
// caller must release the lock.
func lockFolder(folder string) (*filelock.Lock, error) {
	lock, err := filelock.Acquire(filepath.Join(folder, lockFile))
	if errors.Is(err, filelock.ErrLocked) {
		return nil, errorWithAdvice{fmt.Errorf("%s: %w", folder, errInUse),
			"Wait until it has ended, or choose another folder with --out."}
	}
	if err != nil {
		return nil, err
	}
	for _, name := range []string{configFile, tokenizerFile, checkpointFile, modelFile, resultsFile} {
		atomicfile.Clean(filepath.Join(folder, name))
	}
	return lock, nil
}

// removeCheckpoint removes the checkpoint of a finished run.
func removeCheckpoint(folder string) error {
	err := os.Remove(filepath.Join(folder, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// has reports whether a folder contains a file of that name.
func has(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// newRunFolder creates and locks the folder for a new run: out, or the first unused one of runs/<name>-001, -002, …
func newRunFolder(out, name string) (folder string, lock *filelock.Lock, err error) {
	if out != "" {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return "", nil, err
		}
		if lock, err = lockFolder(out); err != nil {
			return "", nil, err
		}
		if err := checkNew(out); err != nil {
			lock.Release()
			return "", nil, err
		}
		return out, lock, nil
	}
	if err := os.MkdirAll("runs", 0o777); err != nil {
		return "", nil, err
	}
	for i := 1; ; i++ {
		path := filepath.Join("runs", fmt.Sprintf("%s-%03d", name, i))
		if err := os.Mkdir(path, 0o777); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return "", nil, err
		}
		if lock, err = lockFolder(path); errors.Is(err, errInUse) {
			continue
		}
		return path, lock, err
	}
}

// checkNew returns an error if a locked folder contains other files than the lock.
func checkNew(out string) error {
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) == 1 && entries[0].Name() == lockFile {
		return err
	}
	switch {
	case has(out, resultsFile):
		if _, err := openConfig(out); err == nil { // its process may have been killed before it removed the checkpoint
			removeCheckpoint(out)
		}
		return errorWithAdvice{fmt.Errorf("%s contains a finished run, which is not overwritten", out),
			"Choose another folder with --out."}
	case has(out, configFile):
		return errorWithAdvice{fmt.Errorf("%s contains a run that is not finished", out),
			fmt.Sprintf("Resume it: %s\nOr choose another folder with --out.", resumeCommand(out))}
	}
	return errorWithAdvice{fmt.Errorf("%s is not empty", out), "Choose a new or an empty folder with --out."}
}

// openUnfinished reads the configuration of an unfinished run and locks its folder.
func openUnfinished(folder string) (c config, lock *filelock.Lock, err error) {
	if c, err = openConfig(folder); err != nil {
		if killed(folder) {
			err = errorWithAdvice{fmt.Errorf("the training in %s was killed before it saved its settings", folder),
				"Start it again: " + commandLine("train", "mnist", "--out", folder)}
		}
		return c, nil, err
	}
	path := filepath.Join(folder, configFile)
	if c.Task != "mnist" {
		return c, nil, fmt.Errorf("%s: task is %q, want mnist", path, c.Task)
	}
	if err := c.Training.check(); err != nil {
		return c, nil, fmt.Errorf("%s: %w", path, err)
	}
	lock, err = lockUnfinished(folder)
	return c, lock, err
}

// lockUnfinished locks the folder of a run that must not be finished.
func lockUnfinished(folder string) (*filelock.Lock, error) {
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	if has(folder, resultsFile) { // its process may have been killed before it removed the checkpoint
		err := removeCheckpoint(folder)
		lock.Release()
		if err != nil {
			return nil, err
		}
		return nil, errorWithAdvice{fmt.Errorf("the run %s is finished", folder),
			"Evaluate it: " + commandLine("evaluate", pathArgument(folder))}
	}
	return lock, nil
}

// killed reports whether a folder contains only the files of a training that was killed while it wrote its settings.
func killed(folder string) bool {
	if entries, err := os.ReadDir(folder); err != nil || len(entries) == 0 || has(folder, configFile) {
		return false
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return false
	}
	defer lock.Release()
	return checkNew(folder) == nil
}

// resumeCommand returns the command line that resumes the run in folder.
func resumeCommand(folder string) string { return commandLine("train", "--resume", folder) }
