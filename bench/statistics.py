"""Answers with noise about 20 million people with 60 million claims, beside plain group-bys in the same run.

    python bench/statistics.py [--people N] [--rounds N] [--shuffled] [--opendp-python PATH] [--tumult-python PATH]

See bench/noisy_counts.py for what is measured. This file bears the name of a module of the standard library, which the
other benchmarks import: for them it makes way.
"""

import importlib.util
import os
import sys
from pathlib import Path

if __name__ == "statistics":
    spec = importlib.util.spec_from_file_location("statistics", Path(os.__file__).parent / "statistics.py")
    if spec is None or spec.loader is None:
        raise ImportError("the standard library's statistics")
    sys.modules["statistics"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["statistics"])

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from noisy_counts import main

    sys.exit(main())
