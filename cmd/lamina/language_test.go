package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/text"
)

// verse writes a text of 200 lines to folder/verse.txt.
func verse(t *testing.T, folder string) {
	t.Helper()
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "the %s %s the %s\n", []string{"cat", "dog", "bird"}[i%3], []string{"sees", "hears"}[i/3%2],
			[]string{"tree", "house", "river", "hill"}[i/5%4])
	}
	write(t, filepath.Join(folder, "verse.txt"), []byte(b.String()))
}

// tiny holds the flags of a training that takes a second.
var tiny = []string{"--context", "16", "--width", "16", "--layers", "2", "--heads", "2", "--steps", "20", "--batch", "8", "--epochs", "2"}

// TestLanguageModel trains a language model with each kind of tokens and uses its run in every command.
func TestLanguageModel(t *testing.T) {
	for _, tokens := range []string{"chars", "bpe"} {
		t.Run(tokens, func(t *testing.T) {
			folder := t.TempDir()
			verse(t, folder)
			args := append([]string{"train", "verse.txt", "--tokens", tokens}, tiny...)
			if tokens == "bpe" {
				args = append(args, "--vocabulary", "300")
			}
			out := must(t, folder, args...)
			says(t, out, "epoch 1/2: loss ", "epoch 2/2: loss ", "perplexity ", "a sample:", "validation tokens",
				"lamina generate runs/verse-001")
			run := filepath.Join("runs", "verse-001")
			verdict := strings.TrimSpace(must(t, folder, "evaluate", run))
			if !strings.Contains(out, "\n"+verdict+"\n") {
				t.Errorf("evaluate prints\n%s\nwhich is not in the output of train:\n%s", verdict, out)
			}
			text := must(t, folder, "generate", run, "--prompt", "the cat", "--length", "60")
			if again := must(t, folder, "generate", run, "--prompt", "the cat", "--length", "60"); again != text ||
				!strings.HasPrefix(text, "the cat") || len(text) < 60 {
				t.Errorf("generate prints %q and then %q, want twice the same text of 60 tokens after the prompt", text, again)
			}
			if other := must(t, folder, "generate", run, "--prompt", "the cat", "--length", "60", "--seed", "2"); other == text {
				t.Errorf("another seed gives the same text %q", text)
			}
			greedy := must(t, folder, "generate", run, "--temperature", "0", "--length", "40")
			if other := must(t, folder, "generate", run, "--temperature", "0", "--length", "40", "--seed", "2"); other != greedy {
				t.Errorf("without chance the seeds give %q and %q", greedy, other)
			}
			says(t, must(t, folder, "summary", run), "transformer.h.1.mlp", "lm_head")
			must(t, folder, "show", run, "the cat sees")
			says(t, must(t, folder, "show", run), "To see which tokens of a text each attention head reads: lamina show "+run+" '")
			for _, name := range []string{"curves.png", "attention-1.png", "attention-2.png"} {
				if info, err := os.Stat(filepath.Join(folder, run, "show", name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// TestGeneratePretrained lets a model in Hugging Face's layout write.
func TestGeneratePretrained(t *testing.T) {
	folder := t.TempDir()
	dir := filepath.Join(folder, "small")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	tok := text.NewCharTokenizer("abcdefg")
	write(t, filepath.Join(dir, "config.json"),
		[]byte(`{"model_type": "gpt2", "vocab_size": 7, "n_positions": 16, "n_embd": 8, "n_layer": 1, "n_head": 2}`))
	mustFail(t, exitFailed, folder, []string{"generate", "small"}, "model.safetensors")
	mustFail(t, exitFailed, folder, []string{"generate", "none.gguf"}, `there is no file "none.gguf"`)
	m := models.GPT2Config{Vocabulary: 7, Context: 16, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
	if err := safetensors.SaveModel(filepath.Join(dir, "model.safetensors"), m); err != nil {
		t.Fatal(err)
	}
	mustFail(t, exitFailed, folder, []string{"generate", "small"}, "tokenizer.json")
	if err := tok.Save(filepath.Join(dir, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	out := must(t, folder, "generate", "small", "--prompt", "abc", "--length", "30") // longer than the context
	if len(out) != len("abc")+30+1 || strings.Trim(out, "abcdefg\n") != "" {
		t.Errorf("it wrote %q, want abc and 30 more letters", out)
	}
	chat := []string{"generate", "small", "--chat", "--prompt", "abc"}
	mustFail(t, exitFailed, folder, chat, "no template for chats")
	write(t, filepath.Join(dir, "tokenizer_config.json"), []byte(`{"chat_template": "{{ messages }}"}`))
	mustFail(t, exitFailed, folder, chat, "the chat template is not ChatML", "omit --chat")
	write(t, filepath.Join(dir, "tokenizer_config.json"), []byte(`{"chat_template": [{"name": "tools", "template": "x"}]}`))
	mustFail(t, exitFailed, folder, chat, "tokenizer_config.json: chat_template has no template with the name default")
	write(t, filepath.Join(dir, "chat_template.jinja"),
		[]byte(`{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}`+
			`{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`))
	must(t, folder, append(chat, "--length", "5")...)
	write(t, filepath.Join(dir, "generation_config.json"), []byte(`{"eos_token_id": [0, 1, 2, 3, 4, 5, 6]}`))
	if out := must(t, folder, "generate", "small", "--prompt", "abc"); out != "abc\n" {
		t.Errorf("a text of which each token is the end: %q", out)
	}
	mustFail(t, exitFailed, folder, []string{"generate", "small/config.json"}, "config.json", "GGUF")
	mustFail(t, exitFailed, folder, []string{"generate", "."}, "has no file config.json", "a GGUF file")
}

// TestLanguageMistakes checks what the commands say about wrong input.
func TestLanguageMistakes(t *testing.T) {
	folder := t.TempDir()
	verse(t, folder)
	write(t, filepath.Join(folder, "short.txt"), []byte("to be or not to be"))
	write(t, filepath.Join(folder, "latin1.txt"), []byte("caf\xe9 caf\xe9"))
	write(t, filepath.Join(folder, "empty.txt"), nil)
	must(t, folder, append([]string{"train", "verse.txt", "--out", "run"}, tiny...)...)
	for _, c := range []struct {
		code  int
		args  string
		parts []string
	}{
		{exitUsage, "train", []string{"lamina train mnist", "a text (.txt)"}},
		{exitFailed, "train nowhere.txt", []string{"nowhere.txt", "there is no file"}},
		{exitFailed, "train short.txt", []string{"short.txt", "18 tokens", "context of 64", "at least 650"}},
		{exitFailed, "train latin1.txt", []string{"latin1.txt", "UTF-8", "byte 4"}},
		{exitFailed, "train empty.txt", []string{"empty.txt is empty"}},
		{exitFailed, "train .", []string{"the folder . has no folders with pictures"}},
		{exitUsage, "train verse.txt --model lstm", []string{`no model "lstm"`}},
		{exitUsage, "train verse.txt --tokens words", []string{"--tokens words: not known; want chars or bpe"}},
		{exitUsage, "train verse.txt --width 30 --heads 4", []string{"a width of 30 and 4 heads"}},
		{exitUsage, "train verse.txt --steps 0", []string{"--steps 0: out of range"}},
		{exitUsage, "train verse.txt --lr 0", []string{"--lr 0: out of range"}},
		{exitUsage, "train verse.txt --dropout 1", []string{"--dropout 1: out of range"}},
		{exitUsage, "train verse.txt --width 32000 --heads 1 --layers 900", []string{"a billion parameters"}},
		{exitFailed, "train verse.txt --out run", []string{"finished run", "not overwritten"}},
		{exitFailed, "resume run", []string{"is finished", "lamina evaluate run"}},
		{exitUsage, "train verse.txt --resume run", []string{"lamina resume run"}},
		{exitFailed, "generate nowhere", []string{"nowhere is not a run"}},
		{exitFailed, "generate run --prompt ÄÖÜ", []string{"ÄÖÜ"}},
		{exitUsage, "generate run --length 0", []string{"--length is 0"}},
		{exitUsage, "generate run --temperature -1", []string{"--temperature is -1"}},
		{exitUsage, "generate run --top-p 0", []string{"--top-p is 0"}},
		{exitUsage, "evaluate run --photos 5", []string{"--photos has no meaning for a run of the task language"}},
		{exitUsage, "show run text --class 3", []string{"--class has no meaning for a run of the task language"}},
		{exitFailed, "show run the_cat_sees_the_house_and_the_river", []string{"at most 16"}},
		{exitFailed, "predict run picture.png", []string{"the task language, for which there is no predict",
			"lamina evaluate run, lamina show run, lamina generate run"}},
	} {
		mustFail(t, c.code, folder, strings.Fields(c.args), c.parts...)
	}
	config := read(t, filepath.Join(folder, "run", configFile))
	write(t, filepath.Join(folder, "run", configFile), []byte(strings.Replace(string(config), "width: 16", "width: 4096", 1)))
	mustFail(t, exitFailed, folder, []string{"generate", "run"}, "too few for the model")
	write(t, filepath.Join(folder, "run", configFile), []byte(strings.Replace(string(config), "heads: 2", "heads: 3", 1)))
	mustFail(t, exitFailed, folder, []string{"generate", "run"}, configFile, "a width of 16 and 3 heads")
}

// TestExportHuggingFace exports a run as a folder in Hugging Face's layout and loads it.
func TestExportHuggingFace(t *testing.T) {
	folder := t.TempDir()
	verse(t, folder)
	must(t, folder, append([]string{"train", "verse.txt", "--out", "run"}, tiny...)...)
	says(t, must(t, folder, "export", "run", "exported"), "written to exported")
	folderHolds(t, filepath.Join(folder, "exported"), "config.json", "model.safetensors", "tokenizer.json")
	mustFail(t, exitFailed, folder, []string{"export", "run", "exported"}, "exported exists", "--force")
	if a, b := must(t, folder, "generate", "run", "--length", "30"), must(t, folder, "generate", "exported", "--length", "30"); a != b {
		t.Errorf("the run writes %q, and the exported folder %q", a, b)
	}
	m, err := models.LoadGPT2(filepath.Join(folder, "exported"))
	if err != nil {
		t.Fatal(err)
	}
	if w := m.Transformer.WPE.Weight; w.Dim(0) != 16 || w.Dim(1) != 16 {
		t.Errorf("the positions are %v, want (16, 16)", w.Shape())
	}
	mustFail(t, exitUsage, folder, []string{"train", "verse.txt", "--vocabulary", "300"}, "--vocabulary 300: ", "it is for tokens bpe")
}
