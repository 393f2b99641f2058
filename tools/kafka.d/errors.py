"""How the parts of tools/kafka say what went wrong, and how far they have got."""

import sys

FAILED = 1
USAGE = 2
NOT_TO_BE_HAD = 3


class Failure(Exception):
    """Ends the script with this message and exit status."""

    def __init__(self, message, status=FAILED):
        super().__init__(message)
        self.status = status


def progress(message):
    """A line for a person who watches; scripts do not see it."""
    if sys.stderr.isatty():
        print(f"tools/kafka: {message}", file=sys.stderr, flush=True)
