package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/lamina-ml/lamina"

// rules lists which packages of this module a package may import. A name ending in "/..." matches a folder and all
// folders below it. The first rule that matches a package applies.
var rules = []struct {
	packages []string
	may      []string
}{
	{[]string{"internal/defaults", "internal/readable", "internal/spelling", "internal/kernel/cpu", "internal/formula",
		"internal/freelist", "internal/atomicfile", "internal/archtest", "internal/clients", "internal/amxemu",
		"internal/asmgen/..."}, nil},
	{[]string{"internal/inputfile", "internal/filelock"}, nil},
	{[]string{"internal/pool"}, []string{"internal/freelist", "internal/kernel/cpu"}},
	{[]string{"internal/kernel/conv"}, []string{"internal/kernel/cpu", "internal/kernel/gemm", "internal/pool", "internal/freelist"}},
	{[]string{"internal/kernel/recurrent"}, []string{"internal/kernel/cpu", "internal/kernel/gemm",
		"internal/kernel/vec", "internal/pool"}},
	{[]string{"internal/kernel/attention"}, []string{"internal/kernel/cpu", "internal/kernel/gemm",
		"internal/kernel/vec", "internal/pool", "internal/freelist"}},
	{[]string{"internal/kernel/quant"}, []string{"internal/kernel/cpu", "internal/kernel/gemm", "internal/kernel/vec",
		"internal/pool", "internal/freelist"}},
	{[]string{"internal/kernel/..."}, []string{"internal/kernel/cpu", "internal/kernel/vec", "internal/formula",
		"internal/pool", "internal/freelist"}},
	{[]string{"rng"}, []string{"internal/kernel/vec"}},
	{[]string{"internal/device"}, nil},
	{[]string{"internal/device/cpu"}, []string{"internal/device", "internal/formula", "internal/kernel/...",
		"internal/pool", "internal/freelist", "rng"}},
	{[]string{"internal/device/async"}, []string{"internal/device", "internal/device/cpu"}},
	{[]string{"tensor"}, []string{"internal/device", "internal/device/cpu", "internal/formula", "internal/freelist",
		"internal/pool", "rng"}},
	{[]string{"internal/devicetest"}, []string{"tensor", "internal/device", "internal/device/async"}},
	{[]string{"internal/tensortest"}, []string{"tensor", "internal/device/...", "internal/devicetest", "internal/kernel/cpu", "rng"}},
	{[]string{"internal/nntest"}, []string{"internal/tensortest", "tensor", "nn", "rng"}},
	{[]string{"data/idx", "data/image"}, []string{"internal/inputfile"}},
	{[]string{"data/folder"}, []string{"data/image", "internal/inputfile", "internal/readable"}},
	{[]string{"data/imageset"}, []string{"data", "data/idx", "data/image", "internal/inputfile", "tensor"}},
	{[]string{"data/mnist"}, []string{"data", "data/idx", "tensor"}},
	{[]string{"data/..."}, []string{"tensor", "rng", "data", "internal/atomicfile", "internal/inputfile", "internal/freelist"}},
	{[]string{"text"}, []string{"tensor", "data", "rng", "internal/atomicfile", "internal/inputfile", "internal/freelist"}},
	{[]string{"tabular/samples"}, []string{"tabular"}},
	{[]string{"tabular/parquet"}, []string{"tabular", "internal/inputfile"}},
	{[]string{"tabular"}, []string{"tensor", "data", "rng", "internal/defaults", "internal/inputfile",
		"internal/kernel/decimal", "internal/readable", "internal/spelling"}},
	{[]string{"vision"}, []string{"tensor", "rng", "data", "data/image", "internal/defaults", "internal/freelist",
		"internal/kernel/gemm", "internal/kernel/vec"}},
	{[]string{"vision/digits"}, nil},
	{[]string{"internal/digitphotos", "internal/digitphotos/draw"}, []string{"data/mnist", "internal/digitphotos"}},
	{[]string{"vision/explain"}, []string{"tensor", "nn", "rng", "internal/defaults"}},
	{[]string{"ui/figure"}, []string{"tensor", "nn", "vision/explain"}},
	{[]string{"ui/samples"}, []string{"models", "nn", "rng", "safetensors"}},
	{[]string{"ui/samples/train"}, []string{"data", "data/mnist", "nn", "optim", "optim/sched", "rng", "safetensors",
		"train", "ui/samples", "vision"}},
	{[]string{"plots"}, []string{"tensor", "metrics", "internal/atomicfile"}},
	{[]string{"tbevents"}, []string{"tensor", "nn"}},
	{[]string{"tune"}, []string{"internal/filelock", "internal/inputfile", "internal/readable"}},
	{[]string{"safetensors"}, []string{"tensor", "nn", "internal/atomicfile", "internal/inputfile"}},
	{[]string{"gguf"}, []string{"tensor", "internal/inputfile"}},
	{[]string{"torchfile"}, []string{"tensor", "nn", "internal/inputfile"}},
	{[]string{"models"}, []string{"gguf", "text", "tensor", "nn", "nn/...", "rng", "internal/defaults", "safetensors",
		"internal/inputfile"}},
	{[]string{"generate"}, []string{"tensor", "nn", "rng", "text", "internal/defaults", "internal/kernel/vec"}},
	{[]string{"metrics"}, []string{"tensor"}},
	{[]string{"optim", "optim/..."}, []string{"tensor", "internal/defaults", "optim"}},
	{[]string{"nn", "nn/..."}, []string{"tensor", "rng", "internal/defaults", "internal/freelist", "nn", "nn/init"}},
	{[]string{"ui"}, []string{"tensor", "nn", "optim", "rng", "data/...", "metrics", "models", "vision", "vision/...",
		"train", "runs", "recipe", "task", "task/...", "text", "generate", "tabular", "tune", "ui/figure", "ui/samples"}},
	{[]string{"runs"}, []string{"internal/atomicfile", "internal/filelock", "internal/inputfile", "internal/readable"}},
	{[]string{"recipe"}, []string{"tensor", "nn", "optim", "optim/sched", "metrics", "rng", "train",
		"internal/inputfile", "internal/readable", "internal/spelling"}},
	{[]string{"task/message"}, []string{"internal/readable"}},
	{[]string{"task"}, []string{"task/message", "internal/readable", "recipe", "runs", "train", "data", "nn", "optim", "metrics",
		"plots", "rng", "safetensors", "tensor", "vision/explain"}},
	{[]string{"task/predicted"}, []string{"data/folder", "tabular", "tabular/parquet", "task", "task/message", "internal/atomicfile"}},
	{[]string{"task/..."}, []string{"task", "task/drawing", "task/message", "task/predicted", "task/writing", "gguf", "recipe", "runs", "train", "data",
		"data/...", "nn", "nn/...", "optim", "metrics", "models", "plots", "rng", "safetensors", "tensor", "text",
		"generate", "vision", "vision/...", "torchfile", "tabular", "tabular/...", "tbevents", "tune", "internal/..."}},
	{[]string{"internal/tasktest"}, []string{"recipe", "task", "tensor"}},
	{[]string{"train/..."}, []string{"internal/readable", "tensor", "nn", "optim", "optim/...", "data", "safetensors",
		"rng", "internal/atomicfile", "train/..."}},
}

// core lists the packages that may depend only on the standard library and golang.org/x.
var core = []string{"tensor", "nn", "nn/...", "optim", "optim/...", "rng", "data", "data/...", "vision", "vision/...",
	"metrics", "safetensors", "torchfile", "gguf", "train/...", "internal/...", "models", "text", "generate", "tabular", "tabular/samples"}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		folder, all := strings.CutSuffix(p, "/...")
		return name == folder || all && strings.HasPrefix(name, folder+"/")
	})
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	openFolders(t)
	out, err := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 10 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

// openFolders opens all folders of the repository. The go command reuses a test's result while the files and folders
// that the test opened are unchanged. It does not see what the go commands open that a test starts.
func openFolders(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "examples/") || matches(name, []string{"bench/...", "docs/..."}) {
			continue // programs may import any package
		}
		rule := slices.IndexFunc(rules, func(r struct{ packages, may []string }) bool { return matches(name, r.packages) })
		if rule < 0 {
			t.Errorf("%s: no rule says what it may import; add one to rules", name)
			continue
		}
		for _, i := range p.Imports {
			if in, ours := strings.CutPrefix(i, module+"/"); ours && !matches(in, rules[rule].may) {
				t.Errorf("%s imports %s, and may import only %v", name, in, rules[rule].may)
			}
		}
	}
}

// TestCoreIsSelfContained checks all direct and indirect dependencies of the core packages.
func TestCoreIsSelfContained(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		if name := strings.TrimPrefix(p.ImportPath, module+"/"); !matches(name, core) || name == "internal/tasktest" {
			continue
		}
		seen++
		for _, d := range p.Deps {
			first, _, _ := strings.Cut(d, "/")
			if strings.Contains(first, ".") && !strings.HasPrefix(d, "golang.org/x/") && !strings.HasPrefix(d, module+"/") {
				t.Errorf("%s depends on %s", p.ImportPath, d)
			}
			if d == "runtime/cgo" {
				t.Errorf("%s needs cgo", p.ImportPath)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d core packages were looked at", seen)
	}
}
