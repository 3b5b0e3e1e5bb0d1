"""Checks YAML files against a JSON schema, as editors do: valid_configurations.py SCHEMA FILE... prints a line for each file, "valid" or the first
problem."""

import json
import sys

import jsonschema
import yaml

with open(sys.argv[1]) as f:
    schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path) as f:
        problems = [e.message for e in validator.iter_errors(yaml.safe_load(f))]
    print(problems[0].replace("\n", " ")[:200] if problems else "valid")
