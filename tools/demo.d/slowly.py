"""Copies lines from standard input to standard output, so many a second."""

import sys
import time


def main():
    lines_per_second = int(sys.argv[1])
    chunk = max(1, lines_per_second // 20)
    for number, line in enumerate(sys.stdin.buffer, 1):
        sys.stdout.buffer.write(line)
        if number % chunk == 0:
            sys.stdout.buffer.flush()
            time.sleep(chunk / lines_per_second)


if __name__ == "__main__":
    main()
