package digits

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/vision/digits"
)

// inParallel calls f for 0 to n−1 from several goroutines. It returns ctx's error if ctx ends before.
func inParallel(ctx context.Context, n int, f func(i int)) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range pool.Threads() {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// The pixels of the shorter side of photographs to train on, which take a fifth of the usual time to draw, and of
// close-ups.
const (
	leastTrained, mostTrained = 150, 260
	leastClose, mostClose     = 64, 100
)

// drawnMarks draws n small photographs with digits of d, half as many without, and close-ups: four and two for each.
// It returns the marks that predict finds in them, as it frames them, with their digits or noDigit. The result does
// not depend on the number of threads.
func drawnMarks(ctx context.Context, counter task.Counter, d *mnist.Digits, n int, seed uint64) (digitSet, error) {
	trained := digitphotos.TrainedKinds
	var reader digits.Reader
	found := make([]mnist.Digits, n)
	count, done := counter(n, "drawing photographs")
	defer done()
	err := inParallel(ctx, n, func(i int) {
		defer count()
		add := func(m digits.Mark, label byte) {
			for _, v := range m.Pixels {
				found[i].Images = append(found[i].Images, byte(255*v+0.5))
			}
			found[i].Labels = append(found[i].Labels, label)
		}
		draw := func(kinds []digitphotos.Kind, i int, least, most float64) {
			p := kinds[i%len(kinds)].DrawSized(d, seed, i, least, most)
			for _, f := range reader.Find(p.Image) {
				if p.Number == "" || f.Light != p.Light { // the marks of the other color are the paper between strokes
					for _, m := range f.Marks[:min(2, len(f.Marks))] {
						add(m, noDigit)
					}
					continue
				}
				complete := len(f.Marks) == len(p.Number)
				which := make([]int, len(f.Marks))
				for j, m := range f.Marks {
					which[j] = p.DigitAt((m.Box.Min.X+m.Box.Max.X)/2, (m.Box.Min.Y+m.Box.Max.Y)/2)
					complete = complete && which[j] == j
				}
				for j, m := range f.Marks {
					switch {
					case complete: // else a mark may be half a digit, or two
						add(m, p.Number[j]-'0')
					case which[j] < 0: // a pattern of the table
						add(m, noDigit)
					}
				}
				if complete && len(f.Joined) > 0 {
					add(f.Joined[0], noDigit)
				}
			}
		}
		draw(trained.Digits, i, leastTrained, mostTrained)
		if i%2 == 0 { // a picture without a digit contains more marks
			draw(trained.Empty, i/2, leastTrained, mostTrained)
		}
		for k := range 4 {
			draw(trained.CloseDigits, 4*i+k, leastClose, mostClose)
		}
		for k := range 2 {
			draw(trained.CloseEmpty, 2*i+k, leastClose, mostClose)
		}
	})
	if err != nil {
		return digitSet{}, err
	}
	all := &mnist.Digits{Rows: d.Rows, Cols: d.Cols}
	for _, f := range found {
		all.Images, all.Labels = append(all.Images, f.Images...), append(all.Labels, f.Labels...)
	}
	return digitSet{all}, nil
}

// join returns the digits of both sets.
func (s digitSet) join(o digitSet) digitSet {
	d := *s.Digits
	d.Images = append(append([]byte(nil), s.Images...), o.Images...)
	d.Labels = append(append([]byte(nil), s.Labels...), o.Labels...)
	return digitSet{&d}
}

// photoSeed is the seed of the photographs that evaluate draws. Those for the training have the seed of the run.
const photoSeed = 20261130

// evaluatePhotos draws n photographs of each kind with test digits, reads them and prints a table.
func evaluatePhotos(ctx context.Context, w io.Writer, m *Model, d *mnist.Digits, n int) error {
	fmt.Fprintf(w, "\n%d drawn photographs of each kind\n\n%-17s  %8s  %8s  %8s\n", n, "kind", "right", "refused", "misread")
	var empty, emptyAll int
	start := time.Now()
	var pictures int
	for _, k := range digitphotos.Kinds {
		var right, refused atomic.Int64
		err := inParallel(ctx, n, func(i int) {
			p := k.Draw(d, photoSeed, i)
			reading := m.Reader().Read(p.Image)
			if reading.Refusal != "" {
				refused.Add(1)
			}
			if reading.Number == p.Number {
				right.Add(1)
			}
		})
		if err != nil {
			return err
		}
		pictures += n
		percent := func(count int64) string { return fmt.Sprintf("%.1f%%", 100*float64(count)/float64(n)) }
		if k.Digits {
			fmt.Fprintf(w, "%-17s  %8s  %8s  %8s\n", k.Name, percent(right.Load()), percent(refused.Load()),
				percent(int64(n)-right.Load()-refused.Load()))
			continue
		}
		fmt.Fprintf(w, "%-17s  %8s  %8s  %8s\n", k.Name, "", percent(refused.Load()), percent(int64(n)-refused.Load()))
		empty += int(refused.Load())
		emptyAll += n
	}
	fmt.Fprintf(w, "\npictures without a digit refused: %.1f%%; %.0f ms a picture, drawing included\n",
		100*float64(empty)/float64(emptyAll), 1000*time.Since(start).Seconds()/float64(pictures))
	return nil
}
