package metrics_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
)

// Two batches of predicted classes.
func ExampleConfusionMatrix() {
	m := metrics.NewConfusionMatrix(3)
	m.Names = []string{"cat", "dog", "owl"}
	m.Add(tensor.From([]int64{0, 2, 1, 0}), tensor.From([]int64{0, 1, 1, 0}))
	m.Add(tensor.From([]int64{2, 2, 2, 1}), tensor.From([]int64{2, 2, 0, 1}))

	fmt.Printf("accuracy %.3f, macro F1 %.3f\n\n", m.Accuracy(), m.Average(metrics.Macro).F1)
	fmt.Println(m)
	fmt.Print(m.Report(2))
	// Output:
	// accuracy 0.750, macro F1 0.756
	//
	// target\predicted  cat dog owl
	//              cat    2   .   1
	//              dog    .   2   1
	//              owl    .   .   2
	//
	//               precision    recall  f1-score   support
	//
	//          cat       1.00      0.67      0.80         3
	//          dog       1.00      0.67      0.80         3
	//          owl       0.50      1.00      0.67         2
	//
	//     accuracy                           0.75         8
	//    macro avg       0.83      0.78      0.76         8
	// weighted avg       0.88      0.75      0.77         8
}

// Scores as a model returns them: the class with the highest score is the prediction.
func ExampleConfusionMatrix_Add() {
	logits := tensor.From([]float32{
		2.0, -1.0,
		0.5, 0.7,
		-3.0, 1.0}, 3, 2)
	m := metrics.NewConfusionMatrix(2)
	m.Add(logits, tensor.From([]int64{0, 0, 1}))
	fmt.Println(m.Count(0, 1), "samples of class 0 were predicted as class 1, out of", m.Total())
	// Output: 1 samples of class 0 were predicted as class 1, out of 3
}

// Precision and recall of class 1, the rare class.
func ExamplePrecisionRecall() {
	m := metrics.NewConfusionMatrix(2)
	m.Add(tensor.From([]int64{0, 0, 1, 0, 1, 1, 0, 1}), tensor.From([]int64{0, 0, 0, 0, 1, 1, 1, 1}))
	q := m.Class(1)
	fmt.Printf("precision %.2f, recall %.2f, F1 %.2f of %d samples\n", q.Precision, q.Recall, q.F1, q.Support)
	// Output: precision 0.75, recall 0.75, F1 0.75 of 4 samples
}

func ExampleAverage() {
	m := metrics.NewConfusionMatrix(3)
	m.Add(tensor.From([]int64{0, 0, 0, 0, 0, 1, 2, 2}), tensor.From([]int64{0, 0, 0, 0, 1, 1, 2, 0}))
	for _, a := range []metrics.Average{metrics.Macro, metrics.Micro, metrics.Weighted} {
		fmt.Printf("%v: %.3f\n", a, m.Average(a).F1)
	}
	fmt.Printf("without class 0: %.3f\n", m.Average(metrics.Macro, 1, 2).F1)
	// Output:
	// macro: 0.711
	// micro: 0.750
	// weighted: 0.750
	// without class 0: 0.667
}

func ExampleAccuracy() {
	var top1 metrics.Accuracy
	top2 := metrics.Accuracy{TopK: 2}
	scores := tensor.From([]float32{
		0.6, 0.3, 0.1,
		0.2, 0.3, 0.5,
		0.5, 0.2, 0.3}, 3, 3)
	target := tensor.From([]int64{0, 1, 1})
	top1.Add(scores, target)
	top2.Add(scores, target)
	fmt.Printf("%.2f %.2f\n", top1.Value(), top2.Value())
	// Output: 0.33 0.67
}

// Scores of a binary classifier, in two batches.
func ExampleRanking() {
	var r metrics.Ranking
	r.Add(tensor.From([]float32{-1.2, 0.3}), tensor.From([]int64{0, 1}))
	r.Add(tensor.From([]float32{0.8, 2.5, 0.3}), tensor.From([]int64{0, 1, 0}))
	fmt.Printf("area under the ROC curve %.3f, average precision %.3f\n", r.ROCAUC(), r.AveragePrecision())
	// Output: area under the ROC curve 0.750, average precision 0.750
}

// Three classes: one-vs-rest and one-vs-one.
func ExampleRanking_ROCAUC() {
	r := metrics.Ranking{Average: metrics.Weighted}
	logits := tensor.From([]float32{
		2, 0, 1,
		1, 2, 0,
		0, 1, 1,
		0, 0, 1,
		2, 1, 0}, 5, 3)
	r.Add(logits.Softmax(1), tensor.From([]int64{0, 1, 2, 0, 1}))
	fmt.Printf("%.3f\n", r.ROCAUC())
	r.OneVsOne = true
	fmt.Printf("%.3f\n", r.ROCAUC())
	// Output:
	// 0.717
	// 0.725
}

func ExampleRegression() {
	var r metrics.Regression
	r.Add(tensor.From([]float32{2.5, 0, 2}), tensor.From([]float32{3, -0.5, 2}))
	r.Add(tensor.From([]float32{8}), tensor.From([]float32{7}))
	fmt.Printf("R² %.4f, MAE %.2f, RMSE %.4f\n", r.R2(), r.MAE(), r.RMSE())
	// Output: R² 0.9486, MAE 0.50, RMSE 0.6124
}

// A network that says 90% and is right half of the time is overconfident by 40%.
func ExampleCalibrationError() {
	var m metrics.CalibrationError
	m.Add(tensor.From([]float32{0.9, 0.1, 0.9, 0.1}, 2, 2), tensor.From([]int64{0, 1}))
	fmt.Printf("%.2f\n", m.Value())
	// Output: 0.40
}
