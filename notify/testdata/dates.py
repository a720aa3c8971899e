#!/usr/bin/env python3
"""Writes the golden tables of dates beside this file: what Debian's python3-dateutil computes on the wall clock.

    python3 notify/testdata/dates.py
"""
import datetime, os, random
from dateutil.relativedelta import relativedelta

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = datetime.timedelta(days=1)


def any_day(rng, year):
    """A day of the year, often the last of a month."""
    first = datetime.date(year, rng.randint(1, 12), 1)
    last = (first + relativedelta(months=1) - DAY).day
    return first.replace(day=rng.choice([last, last, max(28, last - 1), rng.randint(1, last)]))


def months(rng):
    """Lines of: day, months back, that day."""
    for _ in range(2000):
        day, n = any_day(rng, rng.randint(1901, 2199)), rng.choice([1, 2, 3, 6, 11, 12, 48, -1, -2, -12, rng.randint(-600, 600)])
        yield f"{day} {n} {day - relativedelta(months=n)}"


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as file:
        file.write("\n".join(lines) + "\n")


write("months.txt", months(random.Random(15)))
