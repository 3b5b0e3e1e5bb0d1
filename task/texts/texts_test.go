package texts

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/tasktest"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// reviews writes a CSV file of n short reviews, half of them good.
func reviews(t *testing.T, n int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(words string) string { list := strings.Fields(words); return list[r.IntN(len(list))] }
	var b strings.Builder
	b.WriteString("id,body,label\n")
	for i := range n {
		thing := pick("film book meal song walk")
		if i%2 == 0 {
			fmt.Fprintf(&b, "%d,\"a %s %s, truly %s\",good\n", i, pick("lovely great fine"), thing, pick("charming warm bright"))
		} else {
			fmt.Fprintf(&b, "%d,\"a %s %s, truly %s\",bad\n", i, pick("dull poor awful"), thing, pick("boring cold gray"))
		}
	}
	path := filepath.Join(t.TempDir(), "reviews.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTrainsOnATable(t *testing.T) {
	path := reviews(t, 120)
	set := task.NewSet(Task{})
	given := func(string) bool { return true }
	if values, ok := (Task{}).Recognize(task.Target{Path: path, Exists: true, Given: given}); !ok || values["data.path"] != path {
		t.Fatalf("a table is not recognized: %v", values)
	}
	for _, model := range []string{"bag", "transformer"} {
		out := filepath.Join(t.TempDir(), model)
		var log bytes.Buffer
		r := tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+path, "model.name="+model,
			"model.width=16", "training.epochs=6", "optimizer.lr=0.01", "metrics=[roc-auc]")
		res, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out, Writer: &log})
		if err != nil {
			t.Fatal(model, err)
		}
		if a := res.Report.Metrics["accuracy"]; a < 0.9 {
			t.Errorf("%s: accuracy %v\n%s", model, a, log.String())
		}
		if !strings.Contains(log.String(), "2 classes (bad, good); 84 texts to train, 18 to choose the best epoch, 18 to test") {
			t.Error(log.String())
		}
		text, _, err := tasktest.Command(set, out, "predict", &predictOptions{Top: 2}, "a lovely film, truly warm", "awful and cold", "")
		if lines := strings.Split(text, "\n"); err != nil || len(lines) != 4 || !strings.HasPrefix(lines[0], "good ") ||
			!strings.HasPrefix(lines[1], "bad ") {
			t.Errorf("%s: %v\n%s", model, err, text)
		}
		text, _, err = tasktest.Command(set, out, "predict", &predictOptions{Columns: []string{"all"}}, path)
		if err != nil || strings.Count(text, "\n") != 121 ||
			!strings.HasPrefix(text, "id,body,label,predicted_label,probability_bad,probability_good\n0,") {
			t.Errorf("%s: %v\n%.300s", model, err, text)
		}
		file := filepath.Join(t.TempDir(), "predicted.csv")
		if _, _, err = tasktest.Command(set, out, "predict", &predictOptions{Columns: []string{"id"}, Out: file}, path); err != nil {
			t.Error(err)
		}
		if written, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(written),
			"id,predicted_label,probability_bad,probability_good\n0,good,") {
			t.Errorf("%s: %v\n%.300s", model, err, written)
		}
		if _, _, err = tasktest.Command(set, out, "predict", &predictOptions{Out: file}, "a text"); err == nil ||
			!strings.Contains(err.Error(), file+" exists") {
			t.Errorf("--out with a file that exists: %v", err)
		}
		if _, _, err = tasktest.Command(set, out, "predict", &predictOptions{Out: path, Force: true},
			path); err == nil || !strings.Contains(err.Error(), "is the file that is read") {
			t.Errorf("--out with the input: %v", err)
		}
		if _, _, err = tasktest.Command(set, out, "predict", &predictOptions{Out: file, Force: true}, "a lovely text"); err != nil {
			t.Error(err)
		}
		if written, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(written),
			"body,predicted_label,probability_bad,probability_good\na lovely text,good,") {
			t.Errorf("%s: %v\n%.300s", model, err, written)
		}
		checkLines(t, set, out)
		text, _, err = tasktest.Command(set, out, "evaluate", &evaluateOptions{Report: true})
		if err != nil || !regexp.MustCompile(`of 18 test texts correct: \S+ \(always “(good|bad)”: 50.0%\), roc-auc \S+\nloss \S+\nroc-auc \S+\n`).MatchString(text) || !strings.Contains(text, "precision") {
			t.Errorf("%s: %v\n%s", model, err, text)
		}
		text, _, err = tasktest.Command(set, out, "show", &showOptions{}, "a lovely film")
		if err != nil || !strings.HasPrefix(text, "good ") || !strings.Contains(text, "lovely") {
			t.Errorf("%s: %v\n%s", model, err, text)
		}
	}
}

// TestPretrained fine-tunes a BERT from a folder in Hugging Face's layout, with and without adapters.
// TestParquet reads texts from a Parquet file: they are those of the CSV file, and are predicted.
func TestParquet(t *testing.T) {
	text := reviews(t, 40)
	src, err := tabular.Open(text, tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := parquet.Convert(t.Context(), &file, src); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSuffix(text, ".csv") + ".parquet"
	if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	want, err := read(t.Context(), text, "body", "label", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t.Context(), path, "body", "label", nil)
	if err != nil || got.digest() != want.digest() || !slices.Equal(got.classes, want.classes) {
		t.Errorf("%v: other texts than in the CSV file", err)
	}
	set := task.NewSet(Task{})
	out := filepath.Join(t.TempDir(), "run")
	r := tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+path, "training.epochs=1")
	if _, err := set.Train(t.Context(), task.Config{Recipe: r, Out: out}); err != nil {
		t.Fatal(err)
	}
	lines, _, err := tasktest.Command(set, out, "predict", &predictOptions{Columns: []string{"id"}}, path)
	if err != nil || strings.Count(lines, "\n") != 41 {
		t.Errorf("%v\n%.300s", err, lines)
	}
}

func TestPretrained(t *testing.T) {
	path := reviews(t, 60)
	all, err := read(context.Background(), path, "body", "label", nil)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := text.WordVocabulary(&text.TextList{Texts: all.texts}, 500)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := text.NewWordPiece(tokens, true)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := tok.Save(filepath.Join(dir, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	config := models.BERTConfig{Vocabulary: len(tokens), Context: 32, Width: 16, Inner: 32, Layers: 1, Heads: 2}
	if err := safetensors.SaveModel(filepath.Join(dir, "model.safetensors"), config.New(rng.NewTorch(1))); err != nil {
		t.Fatal(err)
	}
	json := fmt.Sprintf(`{"model_type": "bert", "vocab_size": %d, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 32}`, len(tokens))
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(json), 0o666); err != nil {
		t.Fatal(err)
	}
	set := task.NewSet(Task{})
	for _, lora := range []string{"0", "2"} {
		out := filepath.Join(t.TempDir(), "run")
		r := tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+path, "model.name=bert",
			"model.weights="+dir, "model.lora="+lora, "training.epochs=4", "optimizer.lr=0.02")
		res, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := tasktest.Command(set, out, "evaluate", &evaluateOptions{})
		if err != nil || !strings.HasPrefix(got, res.Report.Verdict) {
			t.Errorf("lora %s: %v: the loaded model gives %q, the trained one %q", lora, err, got, res.Report.Verdict)
		}
	}
}

func TestTablesThatCannotBeTrained(t *testing.T) {
	set := task.NewSet(Task{})
	path := reviews(t, 20)
	for _, c := range []struct{ values, want string }{
		{"data.text=bdy", `did you mean "body"?`}, {"data.target=nothing", `the columns are "id", "body", "label"`},
		{"data.target=", "--target"},
		{"loss=mse", "loss=mse: mse is for numbers, and the target is a class"}, {"loss=bce-with-logits", "want cross-entropy"},
		{"model=bert", "--weights"}, {"model.name=bert model.weights=none", `there is no folder "none"`},
		{"model.name=bert model.weights=" + filepath.Dir(path), "has no tokenizer.json"},
	} {
		r := tasktest.Recipe(set, append([]string{"data.text=body", "data.target=label", "data.path=" + path},
			strings.Fields(c.values)...)...)
		if _, err := set.Open(context.Background(), task.Config{Recipe: r}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.values, err, c.want)
		}
	}
	gaps := filepath.Join(t.TempDir(), "gaps.csv")
	os.WriteFile(gaps, []byte("body,label\n"+strings.Repeat("a good day,x\na bad day,y\n", 10)+"no class,\n,y\n"), 0o666)
	p, err := set.Open(context.Background(),
		task.Config{Recipe: tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+gaps)})
	if err != nil || !strings.Contains(fmt.Sprint(p.Lines), "2 rows without a text or without a class") {
		t.Errorf("rows that are left out: %v, %v", err, p)
	}
	many := filepath.Join(t.TempDir(), "many.csv")
	var b strings.Builder
	b.WriteString("body,label\n")
	for i := range task.MaxClasses + 1 {
		fmt.Fprintf(&b, "a text,%d\n", i)
	}
	os.WriteFile(many, []byte(b.String()), 0o666)
	if _, err := set.Open(context.Background(),
		task.Config{Recipe: tasktest.Recipe(set, "data.text=body", "data.target=label",
			"data.path="+many)}); err == nil || !strings.Contains(err.Error(), "more than 4096 classes") {
		t.Errorf("many classes: %v", err)
	}
	prices := filepath.Join(t.TempDir(), "prices.csv")
	b.Reset()
	b.WriteString("body,price\n")
	for i := range 60 {
		fmt.Fprintf(&b, "a text,%d\n", 3*i)
	}
	os.WriteFile(prices, []byte(b.String()), 0o666)
	if _, err := set.Open(context.Background(), task.Config{Recipe: tasktest.Recipe(set, "data.text=body", "data.target=price",
		"data.path="+prices)}); err == nil || !strings.Contains(err.Error(), `"price": 60 different values in 60 texts are no classes`) {
		t.Errorf("a column of numbers: %v", err)
	}
	one := filepath.Join(t.TempDir(), "one.csv")
	os.WriteFile(one, []byte("body,label\na,x\nb,x\n"), 0o666)
	if _, err := set.Open(context.Background(),
		task.Config{Recipe: tasktest.Recipe(set, "data.text=body", "data.target=label",
			"data.path="+one)}); err == nil || !strings.Contains(err.Error(), "want at least 2") {
		t.Errorf("one class: %v", err)
	}
}

// TestHostilePreparations loads runs whose files were changed.
func TestHostilePreparations(t *testing.T) {
	path := reviews(t, 40)
	set := task.NewSet(Task{})
	out := filepath.Join(t.TempDir(), "run")
	r := tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+path, "model.name=transformer",
		"model.width=8", "training.epochs=1")
	if _, err := set.Train(context.Background(), task.Config{Recipe: r, Out: out}); err != nil {
		t.Fatal(err)
	}
	run, err := runs.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	var good preparation
	if err := run.ReadJSON(preparationFile, &good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(p *preparation){
		"no classes": func(p *preparation) { p.Classes = nil },
		"no sizes":   func(p *preparation) { p.BERT = nil },
		"huge": func(p *preparation) {
			b := *p.BERT
			b.Width, b.Layers = 1<<14, 1<<20
			p.BERT = &b
		},
		"odd heads": func(p *preparation) {
			b := *p.BERT
			b.Heads = 3
			p.BERT = &b
		},
		"another width": func(p *preparation) {
			b := *p.BERT
			b.Width = 16
			p.BERT = &b
		},
	} {
		p := good
		change(&p)
		if err := run.WriteJSON(preparationFile, p); err != nil {
			t.Fatal(err)
		}
		if _, _, err := set.Load(context.Background(), out, "", tensor.CPU()); err == nil {
			t.Errorf("%s: the run is loaded", name)
		}
	}
}

func TestInspectAndLint(t *testing.T) {
	set := task.NewSet(Task{})
	path := reviews(t, 60)
	opening := task.Opening{Recipe: tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+path), Count: task.NoCount}
	var out bytes.Buffer
	if err := (Task{}).Inspect(context.Background(), &out, opening); err != nil ||
		!strings.Contains(out.String(), "60 texts in 2 classes, 5.0 words each") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if problems, _, err := (Task{}).Lint(context.Background(), opening); err != nil || len(problems) > 0 {
		t.Errorf("%v %q", err, problems)
	}
	odd := filepath.Join(t.TempDir(), "odd.csv")
	if err := os.WriteFile(odd, []byte("body,label\na fine day,good\na fine day,bad\nrain,bad\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	opening.Recipe = tasktest.Recipe(set, "data.text=body", "data.target=label", "data.path="+odd)
	problems, _, err := (Task{}).Lint(context.Background(), opening)
	if want := `"a fine day" has the classes good and bad`; err != nil || len(problems) != 3 || problems[0] != want {
		t.Errorf("%v %q, want %q first", err, problems, want)
	}
}

// TestRowsOfErrors checks that the error in a large table names the row of the file.
func TestRowsOfErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reviews.csv")
	const n = 40_000
	content := "body,label\n" + strings.Repeat("a text of some forty bytes in every row,good\n", n) + "one cell too many,good,bad\n"
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := read(context.Background(), path, "body", "label", nil); err == nil ||
		!strings.Contains(err.Error(), fmt.Sprintf("row %d", n+1)) {
		t.Errorf("the error is %v, want row %d", err, n+1)
	}
}

// checkLines predicts the lines of a file and those of the standard input.
func checkLines(t *testing.T, set *task.Set, run string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.txt")
	const lines = "a lovely film, truly warm\r\n\nawful and cold"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{file, "-"} {
		text, _, err := tasktest.CommandInput(set, run, "predict", lines, &predictOptions{Top: 1}, arg)
		if lines := strings.Split(text, "\n"); err != nil || len(lines) != 3 ||
			!strings.HasSuffix(lines[0], "  a lovely film, truly warm") || !strings.HasSuffix(lines[1], "  awful and cold") {
			t.Errorf("%s: %v\n%s", arg, err, text)
		}
	}
	if _, _, err := tasktest.Command(set, run, "show", &showOptions{}, file); err == nil ||
		!strings.Contains(err.Error(), "show takes a text") {
		t.Errorf("show with a file: %v", err)
	}
	for _, arg := range []string{"none.csv", "none.txt"} {
		if _, _, err := tasktest.Command(set, run, "predict", &predictOptions{Top: 1}, arg); err == nil ||
			err.Error() != `there is no file "`+arg+`"` {
			t.Errorf("%s: %v", arg, err)
		}
	}
	if err := os.WriteFile(file, []byte("a text\n\xff\xfe\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tasktest.Command(set, run, "predict", &predictOptions{Top: 1}, file); err == nil ||
		!strings.Contains(err.Error(), "s.txt: line 2 is no text in UTF-8") {
		t.Error(err)
	}
}
