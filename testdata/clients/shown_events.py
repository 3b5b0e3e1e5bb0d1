"""Prints as JSON what TensorBoard shows of a log folder: python shown_events.py LOGDIR [fast]

It asks the plugins of a TensorBoard server in this process, whose answers the page draws. With "fast" the server reads
the files with its data server in Rust, as the program does; otherwise with its Python reader.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request

from tensorboard import program

logdir, fast = sys.argv[1], sys.argv[2:] == ["fast"]
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
board = program.TensorBoard()
board.configure(logdir=logdir, load_fast="true" if fast else "false", reload_interval=1, port=0, bind_all=False)
url = board.launch().rstrip("/")


def get(path, body=None, **query):
    address = url + path + ("?" + urllib.parse.urlencode(query) if query else "")
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, {"Content-Type": "application/json"})) as r:
        return r.read()


def ask(path, body=None, **query):
    return json.loads(get(path, body, **query))


for _ in range(100):
    if ask("/data/runs"):
        break
    time.sleep(0.1)
time.sleep(2)  # for the rest of the files

result = {"runs": ask("/data/runs"), "scalars": {}, "histograms": {}, "images": {}, "text": {}, "graph": {}}
for run, tags in ask("/data/plugin/scalars/tags").items():
    for tag in tags:
        result["scalars"][f"{run}/{tag}"] = [p[1:] for p in ask("/data/plugin/scalars/scalars", run=run, tag=tag)]
for run, tags in ask("/data/plugin/histograms/tags").items():
    for tag in tags:
        found = ask("/data/plugin/histograms/histograms", run=run, tag=tag)
        result["histograms"][f"{run}/{tag}"] = [[step, sum(b[2] for b in bins)] for _, step, bins in found]
for run, tags in ask("/data/plugin/images/tags").items():
    for tag in tags:
        for i, image in enumerate(ask("/data/plugin/images/images", run=run, tag=tag, sample=0)):
            blob = get("/data/plugin/images/individualImage?" + image["query"])
            result["images"].setdefault(f"{run}/{tag}", []).append([image["step"], blob[:8].hex()])
for run, tags in ask("/data/plugin/text/tags").items():
    for tag in tags:
        result["text"][f"{run}/{tag}"] = [t["text"] for t in ask("/data/plugin/text/text", run=run, tag=tag)]
for run, info in ask("/data/plugin/graphs/info").items():
    if info["run_graph"]:
        result["graph"][run] = get("/data/plugin/graphs/graph", run=run, conceptual="false").decode()
result["experiment"] = ask("/data/plugin/hparams/experiment", {"experimentName": ""})
result["sessions"] = ask(
    "/data/plugin/hparams/session_groups",
    {"experimentName": "", "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
     "colParams": [], "startIndex": 0, "sliceSize": 100},
)
print(json.dumps(result))
sys.stdout.flush()
os._exit(0)
