"""The files that lint looks at, and how it says what is wrong with one."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def listed_files():
    """Paths below ROOT that git tracks or would add, sorted."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    paths = sorted(set(filter(None, listing.stdout.split("\0"))))
    return [path for path in paths if (ROOT / path).is_file()]


def text_of(path):
    """The file's text; None if it is no text, which a NUL byte shows."""
    content = (ROOT / path).read_bytes()
    if b"\0" in content:
        return None
    return content.decode("utf-8", errors="replace")


class Findings:
    """Prints what is wrong, where, and how to mend it."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, what, mend):
        self.count += 1
        print(f"{path}:{line}: {what}\n    How to mend: {mend}")

    def exit_status(self):
        return 1 if self.count else 0
