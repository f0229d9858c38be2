"""For all tests: they are no job of a pipeline, even if they run in one."""

import os

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)
