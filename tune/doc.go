// Package tune searches for good hyperparameters: random search, tree-structured Parzen estimators (TPE) and successive
// halving, which stops bad trials early. It knows no training: a trial is a set of values for which the caller reports
// a measure after each epoch.
//
//	study, err := tune.Open("runs/search/study.jsonl", tune.Config{Space: space, Halving: &tune.Halving{}})
//	err = study.Run(ctx, 20, 2, func(ctx context.Context, t *tune.Attempt) (float64, error) {
//		lr, err := t.Values.Float("optimizer.lr")
//		if err != nil {
//			return 0, err
//		}
//		for epoch := 1; epoch <= 9; epoch++ {
//			loss := … // train an epoch with lr
//			if stop, err := t.Report(epoch, loss); stop || err != nil {
//				return 0, cmp.Or(err, tune.ErrPruned)
//			}
//		}
//		return loss, nil
//	})
//
// The study is a file to which each event is appended, so a killed search continues where it was: Run first finishes
// the trials that a killed process left. Several processes may work on one study.
package tune
