"""Both sides: the product as a process that answers texts of the .slt format, and DuckDB."""

import datetime
import decimal
import json
import subprocess

import duckdb

from values import EPOCH

RULE = "===="


class Answer:
    """What one side says: rows of comparable values, or why there are none."""

    def __init__(self, rows=None, failure=None, broken=None):
        self.rows, self.failure = rows, failure
        self.broken = broken  # Something that may never be, whatever the other side says.

    def text(self):
        if self.broken:
            return "    " + self.broken
        if self.failure:
            return "    fails: " + self.failure
        return "\n".join("    " + "  ".join("NULL" if cell is None else str(cell) for cell in row) for row in self.rows) or \
            "    no rows"


class Crash(Exception):
    """The product's process ended."""


class Product:
    def __init__(self, program):
        self.program, self.process = program, None

    def ask(self, stream, pushes, queries):
        """An Answer for each query."""
        if self.process is None:
            self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, text=True, encoding="utf-8")
        blocks = "".join(f"query bounded\n{query.velo()}\n\n{pushes}" for query in queries)
        try:
            self.process.stdin.write(f"{stream}\n{blocks}{RULE}\n")
            self.process.stdin.flush()
            answers, lines = [], []
            for line in self.process.stdout:
                line = line.rstrip("\n")
                if line == RULE:
                    return answers
                if line == "done":
                    answers.append(read_answer(queries[len(answers)], lines))
                    lines = []
                else:
                    lines.append(line.split("\t"))
        except BrokenPipeError:
            pass
        errors = self.process.stderr.read()
        self.process.wait()
        self.process = None
        raise Crash(errors[-6000:])

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def read_answer(query, lines):
    rows, latest = [], {}
    for line in lines:
        kind = line[0]
        if kind == "refused":
            return Answer(failure="refused: " + json.loads(line[1]))
        if kind == "shapes":
            return Answer(broken="the rows differ " + line[1])
        if kind == "count":
            if line[1] != "late":
                return Answer(failure=" ".join(line[1:]))
        elif kind == "gone":
            latest[line[1]] = None
        else:
            row = tuple(read_cell(cell, type) for cell, type in zip(line[2:], query.kinds, strict=True))
            rows.append(row)
            latest[line[1]] = row
    return Answer([row for row in latest.values() if row is not None] if query.latest_by_key else rows)


def read_cell(cell, type):
    if cell == "NULL":
        return None
    text = cell[1:-1].replace("''", "'") if cell.startswith("'") else json.loads(cell) if cell.startswith('"') else cell
    if type.kind in ("BIGINT", "DECIMAL"):
        return decimal.Decimal(text)
    if type.kind == "DOUBLE":
        return float(text) + 0.0
    if type.kind == "BOOLEAN":
        return {"true": True, "false": False}[text]
    if type.kind == "TIMESTAMP":
        return datetime.datetime.fromisoformat(text if "T" in text else "1970-01-01T" + text).replace(tzinfo=None)
    if type.kind == "DATE":
        return datetime.date.fromisoformat(text)
    return json.dumps(json.loads(text), ensure_ascii=False) if type.kind == "ARRAY" else text


MACROS = [
    "CREATE MACRO clocks(t, zone) AS (t AT TIME ZONE 'UTC') AT TIME ZONE zone",
    "CREATE MACRO instant(t, zone) AS (t AT TIME ZONE zone) AT TIME ZONE 'UTC'",
    "CREATE MACRO half_away(n, d) AS n // d + CASE WHEN 2 * abs(n % d) >= abs(d) THEN sign(n) * sign(d) ELSE 0 END",
    # a / b, of scales s1 and s2, times 10^s: in whole numbers of 128 bits.
    """CREATE MACRO unscaled_quotient(a, b, s1, s2, s) AS CASE WHEN b = 0 THEN CAST('zero' || b AS HUGEINT) ELSE
       half_away(CAST(replace(CAST(a AS VARCHAR), '.', '') AS HUGEINT) * CAST(CAST(10 AS HUGEINT) ** (s - s1 + s2) AS HUGEINT),
                 CAST(replace(CAST(b AS VARCHAR), '.', '') AS HUGEINT)) END""",
]


class Duck:
    def __init__(self):
        self.connection = duckdb.connect(config={"threads": "1"})
        # The optimizer may move and drop what fails; as it is written, both sides evaluate the same.
        self.connection.execute("PRAGMA disable_optimizer")
        for macro in MACROS:
            self.connection.execute(macro)

    def fill(self, statements):
        for statement in statements:
            self.connection.execute(statement)

    def ask(self, query):
        try:
            rows = self.connection.execute(query.duck()).fetchall()
            return Answer([tuple(own_cell(cell, type) for cell, type in zip(row, query.kinds)) for row in rows])
        except (duckdb.Error, OverflowError) as error:
            return Answer(failure=str(error).split("\n")[0])


def own_cell(cell, type):
    if cell is None:
        return None
    if type.kind in ("BIGINT", "DECIMAL"):
        return decimal.Decimal(cell)
    if type.kind == "DOUBLE":
        if cell != cell or abs(cell) == float("inf"):
            raise OverflowError("no finite DOUBLE")
        return float(cell) + 0.0
    if type.kind == "TIMESTAMP":
        return cell if isinstance(cell, datetime.datetime) else EPOCH + (cell - EPOCH.date())
    return json.dumps(cell, ensure_ascii=False) if type.kind == "ARRAY" else cell
