"""The examples of README.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.cutoverd import Cutoverd

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README.read_text(), flags=re.MULTILINE | re.DOTALL)
PRINTS = [r"receipt \d+ [0-9a-f]{64}\nTASK_STOPPED\n", r"(shop \d+ STOP_ITEM_RESULT_\w+\n)+50 of 50\n"]


@pytest.mark.parametrize(("example", "prints"), list(zip(EXAMPLES, PRINTS, strict=True)))
def test_an_example(cutoverd: Cutoverd, example: str, prints: str) -> None:
    environment = os.environ | {"CUTOVER_ADDRESS": cutoverd.address, "PYTHONDEVMODE": "1"}
    ran = subprocess.run([sys.executable, "-c", example], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.fullmatch(prints, ran.stdout), ran.stdout
