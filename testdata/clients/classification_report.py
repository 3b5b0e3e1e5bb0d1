"""Prints scikit-learn's report of predictions: classification_report.py TABLE.csv PREDICTIONS.csv TARGET."""

import sys

import pandas
from sklearn.metrics import classification_report

table, predictions, target = sys.argv[1:]
print(classification_report(pandas.read_csv(table)[target], pandas.read_csv(predictions)["predicted_" + target], zero_division=0), end="")
