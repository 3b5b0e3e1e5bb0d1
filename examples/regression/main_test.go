package main

import "os"

func Example_run() {
	run(os.Stdout)
	// Output:
	// Mean squared loss: 0.25
	//                        by formula      by Backward
	// Gradient of weights:   [-2.5 -3.5]     [-2.5 -3.5]
	// Gradient of bias:      -1              -1
	// The notes' code has the sign reversed: [2.5 3.5] and 1.
	//
	// step     0: loss 2.500e-01, w = [0.500000 0.500000], b = 0.000000
	// step   250: loss 2.656e-05, w = [0.340429 0.663926], b = 0.323497
	// step   500: loss 2.625e-08, w = [0.333556 0.666581], b = 0.333024
	// step   750: loss 2.595e-11, w = [0.333340 0.666664], b = 0.333324
	// step  1000: loss 2.564e-14, w = [0.333334 0.666667], b = 0.333333
	// step  1250: loss 2.534e-17, w = [0.333333 0.666667], b = 0.333333
	// step  1500: loss 2.505e-20, w = [0.333333 0.666667], b = 0.333333
	// step  1534: loss 9.774e-21, w = [0.333333 0.666667], b = 0.333333
	// Predictions: [2.000000 3.000000 4.000000 5.000000]
}
