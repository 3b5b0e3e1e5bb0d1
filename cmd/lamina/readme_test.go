package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ownData writes data of the kinds that README.md and docs/your-data.md train on: houses.csv, reviews.csv, mytext.txt and
// the folder shapes.
func ownData(t *testing.T, folder string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	houses, reviews := "id,district,size,price\n", "body,label\n"
	for i := range 60 {
		size := 30 + r.IntN(100)
		houses += fmt.Sprintf("H%d,%s,%d,%d\n", i, []string{"east", "west"}[i%2], size, 3000*size+r.IntN(9000))
		reviews += []string{"a lovely warm film,good\n", "a dull gray song,bad\n"}[i%2]
		picture := image.NewGray(image.Rect(0, 0, 16, 16))
		for y := range 16 {
			for x := range 16 {
				if edge := x < 3 || x > 12 || y < 3 || y > 12; edge == (i%2 == 0) {
					picture.SetGray(x, y, color.Gray{Y: uint8(128 + r.IntN(128))})
				}
			}
		}
		path := filepath.Join(folder, "shapes", []string{"frame", "square"}[i%2], fmt.Sprintf("%02d.png", i))
		write(t, path, encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, picture) }))
	}
	write(t, filepath.Join(folder, "houses.csv"), []byte(houses))
	write(t, filepath.Join(folder, "reviews.csv"), []byte(reviews))
	write(t, filepath.Join(folder, "mytext.txt"), []byte(strings.Repeat("The cat sees the house, and the river sees the cat.\n", 40)))
}

// TestReadme runs the commands of README.md one after another, as they stand there. The environment makes the data and the
// trainings small.
func TestReadme(t *testing.T) {
	folder := t.TempDir()
	ownData(t, folder)
	small(t, filepath.Join(folder, "digits"))
	write(t, filepath.Join(folder, "photo.jpg"),
		encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(t, 1, true), nil) }))
	smaller := map[string][]string{
		"mnist":      {"LAMINA_SET_data__path=digits", "LAMINA_SET_data__prepare=digit"},
		"mytext.txt": {"LAMINA_SET_data__steps=2", "LAMINA_SET_model__width=16", "LAMINA_SET_model__heads=2"},
	}
	trained := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\$ lamina (.*)$`).FindAllStringSubmatch(string(read(t,
		filepath.Join("..", "..", "README.md"))), -1) {
		args := strings.Fields(m[1])
		cmd := tool(folder, args...)
		switch args[0] {
		case "ui": // a server
			continue
		case "train":
			trained[args[1]] = true
			cmd.Env = append(append(cmd.Env, "LAMINA_SET_training__epochs=1"), smaller[args[1]]...)
		}
		out, errs, code := finish(t, cmd)
		refused := args[0] == "predict" && code == exitFailed // so short a training may not find the digit
		if code != exitOK && !refused {
			t.Errorf("%s: exit code %d\n%s%s", m[0], code, out, errs)
		}
		if args[0] == "train" {
			says(t, out, "epoch 1/1: loss ", "Next:\n  lamina ")
		}
	}
	for _, target := range []string{"mnist", "houses.csv", "shapes", "reviews.csv", "mytext.txt"} {
		if !trained[target] {
			t.Errorf("README.md does not train on %s", target)
		}
	}
}
