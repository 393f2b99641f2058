"""Which Kafka there is: the pinned versions, their jars from Maven Central, a Java."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from errors import NOT_TO_BE_HAD, USAGE, Failure, progress

HERE = pathlib.Path(__file__).absolute().parent
LINES = ("3.9", "4")
JAVA_MIN = 17
DONE = "INSTALLED"
# Named in full: Maven says more clearly why it cannot fetch it. As in the poms.
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
# Without what a server of this size gains nothing from; the start is what counts.
QUICK_JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def pinned(line):
    """The version that the pom of a line (3.9 or 4) names."""
    pom = (HERE / line / "pom.xml").read_text(encoding="utf-8")
    return re.search(r"<kafka\.version>([0-9.]+)</kafka\.version>", pom)[1]


def choose(wanted):
    """(line, version) for what --version says: a line, or the version it is pinned to."""
    for line in LINES:
        version = pinned(line)
        if wanted in (line, version) or version.startswith(wanted + "."):
            return line, version
    known = ", ".join(f"{line} ({pinned(line)})" for line in LINES)
    raise Failure(f"there is no Kafka {wanted} here: choose one of {known}", USAGE)


def home():
    """The folder that holds an installation per version."""
    if named := os.environ.get("SLUICE_KAFKA_HOME"):
        return pathlib.Path(named).absolute()
    return pathlib.Path(os.environ.get("HOME") or "/tmp").absolute() / ".cache/sluice/kafka"


def java():
    """The newest fitting java is not sought: Debian's own 17 first, then what PATH has."""
    candidates = sorted(pathlib.Path("/usr/lib/jvm").glob("java-17-openjdk-*/bin/java"))
    if on_path := shutil.which("java"):
        candidates.append(pathlib.Path(on_path))
    for candidate in candidates:
        said = subprocess.run([candidate, "-version"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False).stdout
        found = re.search(r'version "(\d+)', said)
        if found and int(found[1]) >= JAVA_MIN:
            return str(candidate)
    raise Failure(f"Kafka needs Java {JAVA_MIN} or newer and there is none: "
                  "apt-get install openjdk-17-jre-headless (tools/setup does)", NOT_TO_BE_HAD)


class Kafka:
    """An installed version: what to put before a class name to run it."""

    def __init__(self, wanted):
        self.line, self.version = choose(wanted)
        self.folder = home() / self.version
        self.archive = self.folder / "classes.jsa"

    def is_there(self):
        return (self.folder / DONE).is_file()

    def command(self, *jvm_options, heap_mib=384, quick=True):
        backend = ("-Dlog4j.configuration=file:" if self.line == "3.9"
                   else "-Dlog4j2.configurationFile=file:")
        settings = HERE / self.line / (
            "log4j.properties" if self.line == "3.9" else "log4j2.properties")
        jars = sorted(str(jar) for jar in (self.folder / "libs").glob("*.jar"))
        return [java(), f"-Xmx{heap_mib}m", *(QUICK_JVM if quick else ["-XX:+UseSerialGC"]),
                "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr", "-XX:-UsePerfData",
                *([f"-XX:SharedArchiveFile={self.archive}"] if self.archive.exists() else []),
                "-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true",
                f"{backend}{settings}", *jvm_options, "-cp", ":".join(jars)]

    def install(self):
        """Fetches the jars. In one step, so that what is there is whole."""
        if self.is_there():
            return
        if shutil.which("mvn") is None:
            raise Failure("Apache Kafka's jars come from Maven Central and there is no mvn to "
                          "fetch them with: apt-get install maven (tools/setup does)",
                          NOT_TO_BE_HAD)
        java()
        progress(f"fetching Apache Kafka {self.version} from Maven Central")
        try:
            home().mkdir(parents=True, exist_ok=True)
            scratch = tempfile.mkdtemp(prefix=f".{self.version}-", dir=home())
        except OSError as error:
            raise Failure(f"cannot keep Apache Kafka in {home()}: {error.strerror}. Set HOME or "
                          "SLUICE_KAFKA_HOME to a folder that can be written to",
                          NOT_TO_BE_HAD) from error
        try:
            self._fetch(pathlib.Path(scratch))
            os.chmod(scratch, 0o755)
            (pathlib.Path(scratch) / DONE).write_text(self.version + "\n", encoding="utf-8")
            try:
                os.rename(scratch, self.folder)
            except OSError:
                # Another process was quicker, or an older one died half-way.
                if not self.is_there():
                    shutil.rmtree(self.folder, ignore_errors=True)
                    os.rename(scratch, self.folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _fetch(self, scratch):
        # The pom is copied, as Maven would put a target/ folder beside it.
        shutil.copy(HERE / self.line / "pom.xml", scratch / "pom.xml")
        run = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--file", scratch / "pom.xml",
             f"{DEPENDENCY_PLUGIN}:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={scratch / 'libs'}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
        if run.returncode != 0:
            said = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in run.stdout.splitlines()]
            errors = [line for line in said if line.startswith("[ERROR] ")] or said[-3:]
            raise Failure(
                f"Apache Kafka {self.version} cannot be fetched from Maven Central. Maven says:\n"
                f"    {errors[0][:800] if errors else 'nothing'}\n"
                "Is Maven Central reached from this machine? A proxy or a mirror belongs into "
                f"~/.m2/settings.xml. Or copy {self.folder} from a machine that has it.",
                NOT_TO_BE_HAD)
