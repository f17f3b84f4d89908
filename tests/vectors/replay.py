"""Replays recorded API calls against a fresh cloud for each service and compares with the baseline."""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
VECTORS = Path(os.environ["CLOUDLET_VECTORS"])
TOOL = VECTORS.parent / "tools/replay_calls.py"
SERVICES = ["events", "scheduler", "sqs", "sns", "s3", "logs", "iam", "sts", "ssm", "cloudformation", "apigateway"]
# More clouds at once would slow down the tests that wait for messages.
AT_ONCE = 2


def replay(service):
    """The tests of a service with the reason why each fails, or None."""
    cloud = subprocess.Popen(
        [os.environ["CLOUDLET"], "up", "--memory", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = re.search(r"ready at (http://\S+)", cloud.stdout.readline())[1]
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            command = [sys.executable, TOOL, url, VECTORS / f"replay/{service}.jsonl.gz", "--json", report.name]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{service}: the replay broke off\n{done.stderr[-2000:]}")
            tests = json.loads(Path(report.name).read_text())
    finally:
        cloud.terminate()
        cloud.wait(timeout=600)
    return {name: why or (soft[0] if soft else None) for name, why, soft in tests}


def left_of(service):
    """The reviewed reasons why tests are left."""
    path = HERE / "left" / f"{service}.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("\t", 1) for line in lines)


def check(service, results, update, verbose):
    """Prints how a service does; gives whether it does worse than before."""
    path = HERE / "baseline" / f"{service}.txt"
    baseline = set(path.read_text().splitlines()) if path.exists() else set()
    left = left_of(service)
    passing = {name for name, why in results.items() if why is None}
    lost = sorted(baseline - passing)
    gained = sorted(passing - baseline)
    unexplained = sorted(set(results) - passing - set(left) - baseline)
    print(f"{service}: {len(passing)} of {len(results)} pass ({len(baseline)} in the baseline), {len(left)} are left")
    for name in lost:
        print(f"  LOST {name}: {results.get(name, 'it is no longer among the vectors')}")
    for name in unexplained:
        print(f"  fails for no reviewed reason: {name}: {results[name]}")
    if verbose:
        for name, why in sorted(results.items()):
            if why:
                print(f"  left: {name.split('::', 1)[-1]}: {left.get(name, '')}: {why[:200]}")
    if gained and update:
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in sorted(baseline | passing)))
        kept = {name: why for name, why in left.items() if name not in passing}
        (HERE / "left" / f"{service}.txt").write_text("".join(f"{name}\t{why}\n" for name, why in sorted(kept.items())))
        print(f"  {len(gained)} added to the baseline")
    elif gained:
        print(f"  {len(gained)} more than the baseline: add them with --update")
    sys.stdout.flush()
    return bool(lost or unexplained)


def main():
    update = "--update" in sys.argv
    verbose = "-v" in sys.argv
    chosen = [argument for argument in sys.argv[1:] if not argument.startswith("-")] or SERVICES
    with ThreadPoolExecutor(AT_ONCE) as pool:
        worse = [check(service, results, update, verbose) for service, results in zip(chosen, pool.map(replay, chosen))]
    sys.exit(1 if any(worse) else 0)


main()
