#!/usr/bin/env python3
"""Writes the golden tables of dates beside this file: what Debian's python3-dateutil computes on the wall clock.

    python3 notify/testdata/dates.py
"""
import datetime, itertools, os, random, zoneinfo
from dateutil import rrule
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


ZONES = """Asia/Shanghai Europe/Berlin Europe/London America/New_York America/Santiago America/Havana
Australia/Lord_Howe Pacific/Apia Africa/Cairo Asia/Tehran""".split()
UTC = datetime.timezone.utc
HOUR, MINUTE = datetime.timedelta(hours=1), datetime.timedelta(minutes=1)


def moment(wall, zone):
    """The zone put on: of a doubled time the first; a skipped one is as much later as the clocks are put forward."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def exists(wall, zone):
    return moment(wall, zone).astimezone(zone).replace(tzinfo=None) == wall


def walls(first, period, every, day):
    """What the clocks show: the day of the month, or the last one before it in shorter months, is a set of days, last first."""
    if period == "day":
        return rrule.rrule(rrule.DAILY, dtstart=first, interval=every)
    if period == "week":
        return rrule.rrule(rrule.WEEKLY, dtstart=first, interval=every)
    days = dict(bymonthday=[-1]) if day == 31 else dict(bymonthday=range(min(day, 28), day + 1), bysetpos=-1)
    if period == "year":
        return rrule.rrule(rrule.YEARLY, dtstart=first, interval=every, bymonth=first.month, **days)
    return rrule.rrule(rrule.MONTHLY, dtstart=first, interval=every, **days)


def series(zone, first, period, every, day, times, until, most):
    """A line of: zone, first, period, every, day of the month, times, until, and all due times in Unix seconds."""
    tz = zoneinfo.ZoneInfo(zone)
    due = []
    for wall in walls(first, period, every, day or first.day):
        at = int(moment(wall, tz).timestamp())
        if wall.year > 2025 or len(due) == most or (times and len(due) > times) or (until and at > until):
            break
        if not due or at > due[-1]:
            due.append(at)
    return f"{zone} {first.isoformat()} {period} {every} {day} {times} {until} {','.join(map(str, due))}"


def years(rng):
    """A thousand rules that begin in years by chance."""
    made = 0
    while made < 1000:
        zone, period = rng.choice(ZONES), rng.choice(["day", "week", "month", "month", "year"])
        tz = zoneinfo.ZoneInfo(zone)
        date = any_day(rng, rng.randint(1975, 2020))
        if period == "year" and rng.random() < 0.3:
            date = datetime.date(rng.choice(range(1976, 2021, 4)), 2, 29)
        first = datetime.datetime.combine(date, datetime.time(rng.choice([0, 1, 2, 3, 9, 23]), rng.choice([0, 15, 30, 59])))
        if not exists(first, tz):
            continue
        day, last = 0, (first.replace(day=1) + relativedelta(months=1) - DAY).day
        if period in ("month", "year") and rng.random() < 0.5:
            day = first.day if first.day < last else rng.randint(last, 31)
        times = rng.choice([0, 0, 1, 5])
        until = rng.choice([0, 0, int(moment(first, tz).timestamp()) + rng.randint(0, 500 * 86400)])
        yield series(zone, first, period, rng.choice([1, 1, 1, 2, 3, rng.randint(4, 40)]), day, times, until, 15)
        made += 1


def changes():
    """Daily rules over each change of the clocks, in the middle of what they skip or show twice."""
    for zone in ZONES:
        tz = zoneinfo.ZoneInfo(zone)
        at, end = datetime.datetime(1985, 1, 1, tzinfo=UTC), datetime.datetime(2025, 1, 1, tzinfo=UTC)
        while at < end:
            before, after = at.astimezone(tz).utcoffset(), (at + HOUR).astimezone(tz).utcoffset()
            if before != after:
                low, high = at, at + HOUR
                while high - low > MINUTE:
                    middle = low + (high - low) / 2
                    low, high = (middle, high) if middle.astimezone(tz).utcoffset() == before else (low, middle)
                change = high.replace(second=0, microsecond=0)
                wall = (change + min(before, after) + abs(after - before) / 2).replace(tzinfo=None)
                for first in (wall - 2 * DAY, wall - 2 * DAY - abs(after - before) / 2):
                    if exists(first, tz):
                        yield series(zone, first, "day", 1, 0, 0, 0, 5)
            at += HOUR


def write(name, lines):
    with open(os.path.join(HERE, name), "w") as file:
        file.write("\n".join(lines) + "\n")


write("months.txt", months(random.Random(15)))
write("renewals.txt", itertools.chain(years(random.Random(16)), changes()))
