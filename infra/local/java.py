"""Find a Java that can run Kafka and Cassandra.

infra/bootstrap/setup.sh runs this module before anything is installed, so it imports nothing but
the standard library and shared.errors.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from shared.errors import SetupError

OLDEST, NEWEST = 17, 17
"""Cassandra 5.0 supports Java 11 and 17, Kafka 4 requires 17 (published in their documentation)."""


def find_java(env: Mapping[str, str] = os.environ) -> str:
    """Return the path of a `java` of the right version, from JAVA_HOME if set, else from PATH.

    Raises:
        SetupError: there is none, or it has another version.
    """
    home = env.get("JAVA_HOME")
    java = shutil.which(
        "java", path=os.path.join(home, "bin") if home else env.get("PATH", os.defpath)
    )
    if java is None:
        searched = f"under JAVA_HOME ({home})" if home else "on the PATH"
        raise SetupError(
            f"Java {OLDEST} is needed and there is no `java` {searched}: "
            f"install a Java {OLDEST} runtime, or set JAVA_HOME."
        )
    version = java_version(java)
    if not OLDEST <= version <= NEWEST:
        raise SetupError(
            f"Java {OLDEST} is needed and {java} is Java {version}: "
            f"set JAVA_HOME to a Java {OLDEST}."
        )
    return java


def java_version(java: str) -> int:
    """Return the feature release of a java: 17 for "17.0.15", 8 for "1.8.0_402".

    Raises:
        SetupError: `java -version` does not run, or prints no version.
    """
    try:
        printed = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{java} does not run: {error}") from error
    match = re.search(r'version "(?:1\.)?(\d+)', printed.stderr + printed.stdout)
    if match is None:
        raise SetupError(f"{java} -version prints no version: set JAVA_HOME to a Java {OLDEST}.")
    return int(match[1])


if __name__ == "__main__":
    try:
        find_java()
    except SetupError as error:
        sys.stderr.write(f"marquee: {error}\n")
        sys.exit(2)
