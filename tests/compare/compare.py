"""Random queries over random rows, answered by the product and by DuckDB, which must agree:

    tests/compare/run PROGRAM [--seed N] [--queries N] [--batch N]

PROGRAM is compare_answers of a build. A batch is one table and 25 queries, and one test case. Batch n of a seed is always the
same: `--seed 7 --batch 12` repeats it alone. VELO_SEED is the seed without --seed; without both it is 1. The last line says
`N passed, N failed`.
"""

import argparse
import collections
import math
import os
import random
import sys

from engines import Answer, Crash, Duck, Product
from queries import Queries
from values import Table, Values

BATCH = 25
TOLERANCE = 1e-9  # Of sums of DOUBLE and what is made of them: DuckDB adds in another order and with less care.


def close(a, b, size):
    if a is None or b is None or not isinstance(a, float):
        return a == b
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE * size)


def agree(query, product, duck):
    if product.broken:
        return False
    if product.failure or duck.failure:
        return bool(product.failure) == bool(duck.failure)
    if len(product.rows) != len(duck.rows):
        return False
    inexact = [item.inexact for item in query.items]
    if collections.Counter(product.rows) == collections.Counter(duck.rows):
        return True
    if not any(inexact):
        return False
    size = max([1.0] + [abs(cell) for row in duck.rows for cell in row if isinstance(cell, float)])
    left = list(duck.rows)
    for ours in product.rows:
        like = next((i for i, theirs in enumerate(left) if all(
            close(a, b, size) if may_differ else a == b for a, b, may_differ in zip(ours, theirs, inexact))), None)
        if like is None:
            return False
        left.pop(like)
    return True


class Batch:
    """A table and its queries."""

    def __init__(self, seed, number):
        self.seed, self.number = seed, number
        drawn = random.Random(f"{seed}/{number}")
        self.table = Table(drawn)
        queries = Queries(drawn, Values(drawn, drawn.random() < 0.3), self.table)
        self.queries = [queries.draw() for _ in range(BATCH)]

    def check(self, product, duck):
        """The differences, as texts."""
        try:
            answers = product.ask(self.table.stream(), self.table.pushes(self.table.rows), self.queries)
        except Crash:
            answers = [self.answer_alone(product, query) for query in self.queries]
        duck.fill(self.table.duck_statements(self.table.rows))
        for query, answer in zip(self.queries, answers, strict=True):
            theirs = duck.ask(query)
            self.count(answer, theirs)
            if not agree(query, answer, theirs):
                yield query, answer, theirs

    counts = {"agree in rows": 0, "without rows": 0, "fail on both sides": 0}

    def count(self, ours, theirs):
        kind = "fail on both sides" if ours.failure or theirs.failure else "agree in rows" if ours.rows else "without rows"
        self.counts[kind] += 1

    def answer_alone(self, product, query, rows=None):
        try:
            rows = self.table.rows if rows is None else rows
            return product.ask(self.table.stream(), self.table.pushes(rows), [query])[0]
        except Crash as crash:
            return Answer(broken="it crashed:\n" + str(crash))

    def differ(self, product, duck, query, rows):
        duck.fill(self.table.duck_statements(rows))
        ours, theirs = self.answer_alone(product, query, rows), duck.ask(query)
        return None if agree(query, ours, theirs) else (ours, theirs)

    def least(self, product, duck, query):
        """The smallest query and rows that still differ: parts are left out while what remains differs."""
        rows, found, tries = self.table.rows, self.differ(product, duck, query, self.table.rows), 0
        size = len(rows) // 2
        while size > 0 and found:
            for start in range(0, len(rows), size):
                fewer = rows[:start] + rows[start + size:]
                smaller = self.differ(product, duck, query, fewer)
                if smaller:
                    rows, found = fewer, smaller
                    break
            else:
                size //= 2
        progress = True
        while progress and tries < 300 and found:
            progress = False
            for candidate in query.smaller():
                tries += 1
                smaller = self.differ(product, duck, candidate, rows)
                if smaller and is_same_kind(found, smaller):
                    query, found, progress = candidate, smaller, True
                    break
        return query, rows, found

    def report(self, product, duck, query, ours, theirs):
        query, rows, found = self.least(product, duck, query)
        ours, theirs = found or (ours, theirs)
        print(f"FAILED seed {self.seed}, batch {self.number}; again: --seed {self.seed} --batch {self.number}")
        print(self.table.stream() + "query bounded\n" + query.velo() + "\n\n" + self.table.pushes(rows).rstrip())
        print(f"  the product:\n{ours.text()}\n  DuckDB:\n{theirs.text()}\n  which was asked\n    " +
              query.duck().replace("\n", "\n    ") + "\n", flush=True)


def is_same_kind(a, b):
    """A query that became meaningless is no smaller one: the same side fails as before, if one does."""
    return [bool(answer.failure) for answer in a] == [bool(answer.failure) for answer in b] and \
        (not any(answer.failure for answer in b) or [(x.failure or "")[:25] for x in a] == [(x.failure or "")[:25] for x in b])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--seed", default=os.environ.get("VELO_SEED", "1"))
    arguments.add_argument("--queries", type=int, default=2000)
    arguments.add_argument("--batch", type=int)
    given = arguments.parse_args()
    product, duck = Product(given.program), Duck()
    numbers = range(math.ceil(given.queries / BATCH)) if given.batch is None else [given.batch]
    print(f"seed {given.seed}: {len(numbers)} batches of {BATCH} queries", flush=True)
    passed = failed = 0
    for number in numbers:
        batch = Batch(given.seed, number)
        differences = list(batch.check(product, duck))
        for query, ours, theirs in differences[:3]:
            batch.report(product, duck, query, ours, theirs)
        failed += bool(differences)
        passed += not differences
    product.close()
    print(", ".join(f"{count} {what}" for what, count in Batch.counts.items()))
    print(f"{passed} passed, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
