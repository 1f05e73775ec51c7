"""Find a Java that can run Kafka and Cassandra."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from shared.errors import SetupError

OLDEST, NEWEST = 17, 17
"""Cassandra 5.0 runs on 11 and 17; Kafka 4 needs 17."""


def find_java(env: Mapping[str, str] = os.environ) -> str:
    """The path of a `java` of the right version: JAVA_HOME's if set, else the PATH's.

    Raises:
        SetupError: there is none, or it is of another version.
    """
    home = env.get("JAVA_HOME")
    java = shutil.which(
        "java", path=os.path.join(home, "bin") if home else env.get("PATH", os.defpath)
    )
    if java is None:
        place = f"under JAVA_HOME ({home})" if home else "on the PATH"
        raise SetupError(
            f"Java {OLDEST} is needed and there is no `java` {place}: install a Java {OLDEST} runtime or set JAVA_HOME."
        )
    version = java_version(java)
    if not OLDEST <= version <= NEWEST:
        raise SetupError(
            f"Java {OLDEST} is needed and {java} is Java {version}: set JAVA_HOME to a Java {OLDEST}."
        )
    return java


def java_version(java: str) -> int:
    """The feature release (17 for "17.0.15", 8 for "1.8.0_402") that `java -version` prints.

    Raises:
        SetupError: it does not run, or prints something else.
    """
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{java} does not run: {error}") from error
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if found is None:
        raise SetupError(f"{java} -version prints no version that can be understood.")
    return int(found[1])


if __name__ == "__main__":
    # Asked by infra/bootstrap/setup.sh before anything is installed, so this module needs nothing
    # but Python.
    try:
        find_java()
    except SetupError as error:
        sys.stderr.write(f"marquee: {error}\n")
        sys.exit(2)
