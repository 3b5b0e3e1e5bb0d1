package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var embedded embed.FS

// assets serves the embedded files, the dictionary of all views (/words.json) and their names (/views.json).
func assets(mux *http.ServeMux) {
	err := fs.WalkDir(embedded, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := embedded.ReadFile(name)
		at := strings.TrimPrefix(name, "assets")
		switch {
		case at == "/index.html":
			serve(mux, "/{$}", name, raw)
		case !strings.HasPrefix(at, "/words/"):
			serve(mux, at, name, raw)
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of the binary
	}
	words, err := dictionary()
	if err != nil {
		panic(err)
	}
	raw, _ := json.Marshal(words)
	serve(mux, "/words.json", "words.json", raw)
	names := []string{}
	for _, v := range views {
		names = append(names, v.name)
	}
	raw, _ = json.Marshal(names)
	serve(mux, "/views.json", "views.json", raw)
}

// serve serves a file that never changes while the server runs. A browser asks each time whether it has changed, so
// that a page never mixes files of two versions.
func serve(mux *http.ServeMux, at, name string, raw []byte) {
	sum := sha256.Sum256(raw)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // what the system's table may not know, or may say otherwise, as a registry of Windows does
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	}
	mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(raw))
	})
}

// dictionary returns the texts of the page by their keys: English and Simplified Chinese.
func dictionary() (map[string][2]string, error) {
	files, err := fs.Glob(embedded, "assets/words/*.json")
	if err != nil {
		return nil, err
	}
	words := map[string][2]string{}
	for _, name := range files {
		raw, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		part := map[string][]string{}
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for key, texts := range part {
			if len(texts) != 2 {
				return nil, fmt.Errorf("%s: %s has %d texts, want English and Chinese", name, key, len(texts))
			}
			if _, twice := words[key]; twice {
				return nil, fmt.Errorf("%s: %s is in two files", name, key)
			}
			words[key] = [2]string(texts)
		}
	}
	return words, nil
}
