"""Prints published records beside what their consumer received, field by field.

Usage: side_by_side.py PUBLISHED.csv RECEIVED.csv COUNT
"""

import csv
import itertools
import sys
import unicodedata


def width(text):
    """Columns that the text takes on a terminal; Han characters take two."""
    return sum(
        0 if unicodedata.combining(c)
        else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text)


def pad(text, columns):
    return text + " " * max(0, columns - width(text))


def main():
    published_path, received_path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(published_path, encoding="utf-8", newline="") as published_file, \
            open(received_path, encoding="utf-8", newline="") as received_file:
        received = (row for row in csv.DictReader(received_file)
                    if row["_operation"] == "upsert")
        pairs = itertools.islice(zip(csv.DictReader(published_file), received), count)
        records = list(pairs)
    if not records:
        sys.exit("no records to show")
    rows = [("field", "published", "received")]
    for published, received in records:
        rows.append(None)
        rows += [(name, value, received.get(name, "(not granted)"))
                 for name, value in published.items()]
    columns = [max(width(row[i]) for row in rows if row) for i in range(3)]
    for row in rows:
        if row is None:
            print("  " + "  ".join("-" * w for w in columns))
        else:
            print("  " + "  ".join(pad(c, w) for c, w in zip(row, columns)).rstrip())


if __name__ == "__main__":
    main()
