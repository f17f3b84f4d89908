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
SERVICES = ["sqs", "s3", "logs", "iam", "sts", "ssm", "cloudformation", "apigateway"]
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
        cloud.wait(timeout=30)
    return {name: why or (soft[0] if soft else None) for name, why, soft in tests}


def main():
    update = "--update" in sys.argv
    verbose = "-v" in sys.argv
    chosen = [argument for argument in sys.argv[1:] if not argument.startswith("-")] or SERVICES
    failed = False
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for service, results in zip(chosen, pool.map(replay, chosen)):
            path = HERE / "baseline" / f"{service}.txt"
            baseline = set(path.read_text().splitlines()) if path.exists() else set()
            passing = {name for name, why in results.items() if why is None}
            lost = sorted(baseline - passing)
            gained = sorted(passing - baseline)
            print(f"{service}: {len(passing)} of {len(results)} pass ({len(baseline)} in the baseline)", flush=True)
            for name in lost:
                failed = True
                print(f"  LOST {name}: {results.get(name, 'it is no longer among the vectors')}")
            if verbose:
                for name, why in sorted(results.items()):
                    if why:
                        print(f"  fails: {name.split('::', 1)[-1]}: {why[:200]}")
            if gained and update:
                path.parent.mkdir(exist_ok=True)
                path.write_text("".join(f"{name}\n" for name in sorted(baseline | passing)))
                print(f"  {len(gained)} added to the baseline")
            elif gained:
                print(f"  {len(gained)} more than the baseline: add them with --update")
    sys.exit(1 if failed else 0)


main()
