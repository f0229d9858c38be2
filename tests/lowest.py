"""Print the project's dependencies, extras too, at their lower bounds, as requirements: `click==8.1.8`, one a line."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
for requirement in [*project["dependencies"], *project["optional-dependencies"]["all"]]:
    print(requirement.replace(">=", "=="))
