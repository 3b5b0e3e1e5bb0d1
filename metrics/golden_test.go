package metrics_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

// number is a number of the golden file, in which NaN is null.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// regressionErrors holds the metrics of a regression.
type regressionErrors struct {
	MSE, RMSE, MAE, R2 number
}

// golden is the output of testdata/sklearn/metrics.py.
type golden struct {
	Classification []struct {
		Target, Pred           []int64
		Classes, Digits        int
		Subset                 []int
		ZeroDivision           number `json:"zero_division"`
		Names                  []string
		Matrix                 [][]int
		Accuracy               number
		Report                 string
		ReportPresent          string `json:"report_present"`
		Each                   [][4]number
		Macro, Micro, Weighted [3]number
	}
	TopK []struct {
		Scores []float64
		Target []int64
		K      int
		Value  number
	} `json:"top_k"`
	Binary []struct {
		Scores           []float64
		Target           []int64
		ROCAUC           number `json:"roc_auc"`
		AveragePrecision number `json:"average_precision"`
	}
	Multiclass []struct {
		Scores           []float64
		Target           []int64
		Classes          int
		OVR, OVO         map[string]number
		AveragePrecision map[string]number `json:"average_precision"`
	}
	Regression []struct {
		Outputs      int
		Target, Pred []float64
		regressionErrors
	}
	Far []struct {
		Mean float64
		regressionErrors
	}
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	f, err := os.Open("../testdata/sklearn/metrics.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.NewDecoder(z).Decode(&g); err != nil {
		t.Fatal(err)
	}
	if len(g.Classification) < 100 || len(g.TopK) < 20 || len(g.Binary) < 50 || len(g.Multiclass) < 30 ||
		len(g.Regression) < 30 || len(g.Far) < 3 {
		t.Fatal("cases are missing")
	}
	return &g
}

// same reports whether got equals want within a relative tolerance, or an absolute one below 1.
func same(got float64, want number, tolerance float64) bool {
	w := float64(want)
	return math.IsNaN(got) && math.IsNaN(w) || got == w || math.Abs(got-w) <= tolerance*max(1, math.Abs(w))
}

// batches calls add with the bounds of batches of different sizes, n samples in total.
func batches(n int, add func(from, to int)) {
	for from, size := 0, 1; from < n; from, size = from+size, size%5+1 {
		add(from, min(from+size, n))
	}
}

var byName = map[string]metrics.Average{"macro": metrics.Macro, "micro": metrics.Micro, "weighted": metrics.Weighted}

// Reports equal scikit-learn's byte for byte, and numbers bit for bit.
func TestConfusionMatrixGolden(t *testing.T) {
	for i, c := range readGolden(t).Classification {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			m := metrics.NewConfusionMatrix(c.Classes)
			m.Names, m.ZeroDivision = c.Names, float64(c.ZeroDivision)
			batches(len(c.Target), func(from, to int) { m.Add(tensor.From(c.Pred[from:to]), tensor.From(c.Target[from:to])) })
			for y, row := range c.Matrix {
				for x, n := range row {
					if m.Count(y, x) != n {
						t.Errorf("%d of class %d were predicted as %d, want %d", m.Count(y, x), y, x, n)
					}
				}
			}
			figure := func(name string, got float64, want number) {
				if !same(got, want, 0) {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
			figure("accuracy", m.Accuracy(), c.Accuracy)
			classes := c.Subset
			for k, want := range c.Each {
				class := k
				if classes != nil {
					class = classes[k]
				}
				got := m.Class(class)
				figure("precision", got.Precision, want[0])
				figure("recall", got.Recall, want[1])
				figure("F1", got.F1, want[2])
				figure("support", float64(got.Support), want[3])
			}
			for name, want := range map[string][3]number{"macro": c.Macro, "micro": c.Micro, "weighted": c.Weighted} {
				got := m.Average(byName[name], classes...)
				figure(name+" precision", got.Precision, want[0])
				figure(name+" recall", got.Recall, want[1])
				figure(name+" F1", got.F1, want[2])
			}
			if got := m.Report(c.Digits, classes...); got != c.Report {
				t.Errorf("got\n%s\nwant\n%s", got, c.Report)
			}
			m.Names = nil
			if c.Subset == nil {
				if got := m.Report(c.Digits, m.Present()...); got != c.ReportPresent {
					t.Errorf("classes that occur: got\n%s\nwant\n%s", got, c.ReportPresent)
				}
			}
		})
	}
}

func TestAccuracyGolden(t *testing.T) {
	for i, c := range readGolden(t).TopK {
		n := len(c.Target)
		classes := len(c.Scores) / n
		a := metrics.Accuracy{TopK: c.K}
		batches(n, func(from, to int) {
			a.Add(tensor.From(c.Scores[from*classes:to*classes], to-from, classes), tensor.From(c.Target[from:to]))
		})
		if !same(a.Value(), c.Value, 0) {
			t.Errorf("case %d: %v of the targets are among the %d highest, want %v", i, a.Value(), c.K, c.Value)
		}
	}
}

// scikit-learn adds up to some hundred float64 terms, each with a rounding or two.
const sumTolerance = 1e-14

func TestRankingBinaryGolden(t *testing.T) {
	for i, c := range readGolden(t).Binary {
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} { // the scores are float32 numbers
			var r metrics.Ranking
			batches(len(c.Target), func(from, to int) {
				r.Add(tensor.From(c.Scores[from:to]).Cast(dt), tensor.From(c.Target[from:to]))
			})
			if got := r.ROCAUC(); !same(got, c.ROCAUC, sumTolerance) {
				t.Errorf("case %d: the area under the ROC curve is %v, want %v", i, got, c.ROCAUC)
			}
			if got := r.AveragePrecision(); !same(got, c.AveragePrecision, sumTolerance) {
				t.Errorf("case %d: the average precision is %v, want %v", i, got, c.AveragePrecision)
			}
		}
	}
}

func TestRankingMulticlassGolden(t *testing.T) {
	for i, c := range readGolden(t).Multiclass {
		var r metrics.Ranking
		batches(len(c.Target), func(from, to int) {
			r.Add(tensor.From(c.Scores[from*c.Classes:to*c.Classes], to-from, c.Classes), tensor.From(c.Target[from:to]))
		})
		for name, want := range c.OVR {
			r.Average, r.OneVsOne = byName[name], false
			if got := r.ROCAUC(); !same(got, want, sumTolerance) {
				t.Errorf("case %d: %s one-versus-rest is %v, want %v", i, name, got, want)
			}
			if got, want := r.AveragePrecision(), c.AveragePrecision[name]; !same(got, want, sumTolerance) {
				t.Errorf("case %d: %s average precision is %v, want %v", i, name, got, want)
			}
		}
		for name, want := range c.OVO {
			r.Average, r.OneVsOne = byName[name], true
			if got := r.ROCAUC(); !same(got, want, sumTolerance) {
				t.Errorf("case %d: %s one-versus-one is %v, want %v", i, name, got, want)
			}
		}
	}
}

func checkErrors(t *testing.T, what string, r *metrics.Regression, want regressionErrors, tolerance float64) {
	t.Helper()
	for _, f := range []struct {
		name string
		got  float64
		want number
	}{{"MSE", r.MSE(), want.MSE}, {"RMSE", r.RMSE(), want.RMSE}, {"MAE", r.MAE(), want.MAE}, {"R2", r.R2(), want.R2}} {
		if !same(f.got, f.want, tolerance) {
			t.Errorf("%s: %s is %v, want %v", what, f.name, f.got, f.want)
		}
	}
}

func TestRegressionGolden(t *testing.T) {
	for i, c := range readGolden(t).Regression {
		n := len(c.Target) / c.Outputs
		var parts [4]metrics.Regression // the first merges the others
		k := 0
		batches(n, func(from, to int) {
			pred := tensor.From(c.Pred[from*c.Outputs:to*c.Outputs], to-from, c.Outputs)
			target := tensor.From(c.Target[from*c.Outputs:to*c.Outputs], to-from, c.Outputs)
			if c.Outputs == 1 && k%2 == 0 {
				pred, target = pred.Reshape(-1), target.Reshape(-1)
			}
			parts[0].Add(pred, target)
			parts[1+k%3].Add(pred, target)
			k++
		})
		parts[1].Merge(&parts[2])
		parts[1].Merge(&parts[3])
		for _, r := range parts[:2] {
			checkErrors(t, fmt.Sprintf("case %d", i), &r, c.regressionErrors,
				1e-12) // the mean of the targets may be 10 times their standard deviation
		}
	}
}

// Targets with a mean of 10¹² and a standard deviation below 1: sums of squares would have no correct digit.
func TestRegressionFarFromZero(t *testing.T) {
	for _, c := range readGolden(t).Far {
		var parts [4]metrics.Regression
		const n, size = 20000, 500
		for first := 0; first < n; first += size {
			var target, pred []float64
			for i := first; i < first+size; i++ {
				y := c.Mean + float64(i*7919%1000)/1024
				target, pred = append(target, y), append(pred, y+float64(i*10007%512-256)/1024)
			}
			x, y := tensor.From(pred), tensor.From(target)
			parts[0].Add(x, y)
			parts[1+first/size%3].Add(x, y)
		}
		parts[1].Merge(&parts[2])
		parts[1].Merge(&parts[3])
		for _, r := range parts[:2] {
			// The mean itself is rounded to |mean|·2⁻⁵³, which changes the deviations.
			checkErrors(t, fmt.Sprintf("mean %g", c.Mean), &r, c.regressionErrors, 1e-11+math.Abs(c.Mean)*0x1p-53)
		}
	}
}
