package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// TestNoFeatures: if no column is left as a feature, lint and train name the dropped columns and the setting that keeps one.
func TestNoFeatures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xy.csv")
	content := "x,same,y\n"
	for i := range 100 {
		content += fmt.Sprintf("%d,1,%d.5\n", i, i*i%89)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	values := []string{"data.path=" + path, "data.target=y"}
	_, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), values...)
	const text = "no column is left as a feature; dropped: x (it numbers the rows), same (all its values are equal)"
	const advice = "If one is a quantity or a class, say so: --set data.columns.x=number"
	var advised *message.AdvisedError
	if !errors.As(err, &advised) || !strings.Contains(advised.Error(), text) || advised.Advice != advice {
		t.Fatalf("train: %v", err)
	}
	lint := func(values ...string) []string {
		t.Helper()
		r, err := tasktest.Decode(set, values...)
		if err != nil {
			t.Fatal(err)
		}
		faults, _, err := Task{}.Lint(context.Background(), task.Opening{Recipe: r, Device: tensor.CPU(),
			Log: io.Discard, Count: task.NoCount})
		if err != nil {
			t.Fatal(err)
		}
		return faults
	}
	if faults := lint(values...); len(faults) != 1 || !strings.Contains(faults[0], text+". "+advice) {
		t.Errorf("lint: %q", faults)
	}
	values = append(values, "data.columns.x=number", "training.epochs=1")
	if faults := lint(values...); len(faults) != 0 {
		t.Errorf("lint with x: %q", faults)
	}
	if _, err := tasktest.Train(set, filepath.Join(t.TempDir(), "run"), values...); err != nil {
		t.Errorf("train with x: %v", err)
	}
}

// TestChineseTexts: a column of texts without spaces is one of texts, from which a network learns; one of names is not.
// Train names the task that reads texts word by word.
func TestChineseTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reviews.csv")
	parts := strings.Fields("快递太慢了 昨天收到货 下次还来买 包装很漂亮 客服回复快 颜色和图片一样")
	verdicts := strings.Fields("质量很好 很不满意")
	content := "body,name,label\n"
	for i := range 400 {
		label := i * 7 % 13 % 2
		content += fmt.Sprintf("%s，%s。%s,%s%s,%s\n", parts[i%6], verdicts[label], parts[i/6%6],
			string([]rune("张王李赵陈杨周吴")[i%8]), string([]rune("一二三四五六七八")[i/8%8]), []string{"good", "bad"}[label])
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	train := func(values ...string) (log, verdict string) {
		var buf bytes.Buffer
		r := tasktest.Recipe(set, append(values, "data.path="+path, "data.target=label", "training.epochs=10")...)
		result, err := set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(t.TempDir(), "run"), Writer: &buf})
		if err != nil {
			t.Fatalf("%v\n%s", err, &buf)
		}
		return buf.String(), result.Report.Verdict
	}
	command := message.CommandLine("train", message.PathArgument(path), "--text", "body", "--target", "label")
	log, verdict := train("data.columns.name=drop")
	if !strings.Contains(log, "body holds texts; to train on their words alone: "+command) {
		t.Errorf("the texts are not named:\n%s", log)
	}
	if !strings.Contains(verdict, "80 of 80 test rows right") {
		t.Errorf("the label depends on two words of a text: %s", verdict)
	}
	if log, _ := train("data.columns.body=drop"); strings.Contains(log, "--text") {
		t.Errorf("names are no texts:\n%s", log)
	}
}

// TestTargetsThatAreNoClasses: a column of dates as target, and a class that is never predicted though it is not rare.
func TestTargetsThatAreNoClasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sales.csv")
	content := "area,sold,kind\n"
	for i := range 100 {
		content += fmt.Sprintf("%d,2024-%02d-%02d,%c\n", 30+i*37%90, 1+i%12, 1+i%28, 'a'+i%2)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	var log bytes.Buffer
	r := tasktest.Recipe(set, "data.path="+path, "data.target=sold", "training.epochs=1")
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(t.TempDir(), "run"), Writer: &log}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "sold, 84 classes: most have one row") {
		t.Errorf("dates as target:\n%s", &log)
	}
	for _, c := range []struct {
		rows string // the true classes
		rare bool
	}{{"aaaabbb", false}, {"aaaab", true}, {"aaaaaa", false}} {
		m := metrics.NewConfusionMatrix(2)
		var truth []int64
		for _, class := range c.rows {
			truth = append(truth, int64(class-'a'))
		}
		m.Add(tensor.Zeros(len(truth), 2), tensor.From(truth, len(truth))) // predicts the first class
		if rareNeverPredicted(m) != c.rare {
			t.Errorf("%s, predicted as a: rare %v", c.rows, !c.rare)
		}
	}
}

// TestNoRowsForValidation: a training says so if no row is left to choose the best epoch.
func TestNoRowsForValidation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	content := "x,shop,y\n"
	for i := range 60 {
		content += fmt.Sprintf("%d,%c,%d.5\n", i*i%41, 'a'+i%2, i%7)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	for _, c := range []struct{ value, folds, want string }{
		{"data.group=shop", "2", "0 choose the best epoch, 0 test; too few to choose the best epoch: the last one counts (rows with the same shop stay together)"},
		{"data.validation=0", "5", "0 choose the best epoch, 12 test\n"},
	} {
		var log bytes.Buffer
		r := tasktest.Recipe(set, "data.path="+path, "data.target=y", "data.columns.y=number", "training.epochs=1", c.value)
		res, err := set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(t.TempDir(), "run"), Writer: &log})
		if err != nil || !strings.Contains(log.String(), c.want) {
			t.Fatalf("%s: %v, want %q in\n%s", c.value, err, c.want, &log)
		}
		if next := res.Report.Next[0]; next[len(next)-1] != c.folds {
			t.Errorf("%s: the first suggestion is %q, want %s folds", c.value, next, c.folds)
		}
	}
}
