"""Types, values and tables, written for both sides: the product takes JSON records, DuckDB literals."""

import datetime
import decimal
import json


class Type:
    """A type of the product; `p` and `s` belong to DECIMAL(p,s)."""

    def __init__(self, kind, p=0, s=0):
        self.kind, self.p, self.s = kind, p, s

    def __eq__(self, other):
        return (self.kind, self.p, self.s) == (other.kind, other.p, other.s)

    def __hash__(self):
        return hash((self.kind, self.p, self.s))

    @property
    def velo(self):
        return f"DECIMAL({self.p},{self.s})" if self.kind == "DECIMAL" else self.kind

    @property
    def duck(self):
        return "VARCHAR" if self.kind == "STRING" else self.velo


BIGINT, DOUBLE, STRING = Type("BIGINT"), Type("DOUBLE"), Type("STRING")
BOOLEAN, DATE, TIMESTAMP = Type("BOOLEAN"), Type("DATE"), Type("TIMESTAMP")
ARRAY = Type("ARRAY")  # Of anything; only as a whole answer.
DECIMALS = [Type("DECIMAL", p, s) for p, s in [(6, 2), (9, 0), (12, 3), (6, 5), (18, 4)]]
EPOCH = datetime.datetime(1970, 1, 1)
TWO_63 = 1 << 63

TEXTS = ["", "a", "b", "ab", "Ab", "abc", "A_b", "50%", " a ", "x y", "12", "-7", "true", "no", "a,b,,c", "it's",
         "2024-02-29", "NULL", "zz", "\\", "a.b", "hello world", "A1b22", "1-2-3"]
WIDE_TEXTS = ["grün", "ÄÖ", "日本語", "é", "Ωμέγα", "жук", "a€b"]


def literal(value, type, duck):
    """A value as a literal of exactly this type."""
    if value is None:
        return f"CAST(NULL AS {type.duck if duck else type.velo})"
    if type.kind == "STRING":
        return "'" + value.replace("'", "''") + "'"
    if type.kind == "BOOLEAN":
        return "TRUE" if value else "FALSE"
    if type.kind == "DATE":
        return f"DATE '{value.isoformat()}'"
    if type.kind == "TIMESTAMP":
        return f"TIMESTAMP '{value.isoformat(sep=' ', timespec='milliseconds')}'"
    if type.kind == "DOUBLE":
        return f"CAST({value!r} AS DOUBLE)"
    text = format(value, "f") if type.kind == "DECIMAL" else str(value)
    if duck or type.kind == "DECIMAL":
        return f"CAST('{text}' AS {type.duck})" if duck else f"CAST({text} AS {type.velo})"
    return f"({text})" if value < 0 else text


def as_json(value, type, random):
    """A value as a column of a JSON record."""
    if type.kind == "DATE":
        return json.dumps(value.isoformat())
    if type.kind == "TIMESTAMP":
        return json.dumps(value.isoformat(timespec="milliseconds") + "Z")
    if type.kind == "DECIMAL":
        text = format(value, "f")
        return text if random.random() < 0.5 else json.dumps(text)
    return json.dumps(value, ensure_ascii=False)


class Values:
    """Draws values: mostly small ones that meet often, some at the edges of their type."""

    def __init__(self, random, edges):
        self.random, self.edges = random, edges

    def draw(self, type):
        return getattr(self, "draw_" + type.kind.lower())(type)

    def draw_bigint(self, _):
        if self.edges and self.random.random() < 0.08:
            return self.random.choice([TWO_63 - 1, -TWO_63 + 1, TWO_63 // 2, 1 << 31, -(1 << 32), 10 ** 15])
        return self.random.choice([0, 1, 2, 3, -1, -2, 5, 7, 10, 12, 63, 100, -100, 999, self.random.randint(-50, 50)])

    def draw_double(self, _):
        """Eighths: their sums are exact in whatever order, so answers can be compared to the last bit."""
        return self.random.choice([0.0, 1.0, -1.0, 0.5, 2.5, -0.125, 1000.0, self.random.randint(-4000, 4000) / 8])

    def draw_decimal(self, type):
        top = 10 ** type.p - 1
        small = min(top, 500)
        unscaled = self.random.choice([0, 1, -1, self.random.randint(-small, small), self.random.randint(-small, small),
                                       self.random.randint(-top, top) if self.edges else 25 % (top + 1)])
        return decimal.Decimal(unscaled).scaleb(-type.s)

    def draw_string(self, _):
        return self.random.choice(WIDE_TEXTS if self.random.random() < 0.15 else TEXTS)

    def draw_boolean(self, _):
        return self.random.random() < 0.5

    def draw_date(self, _):
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=self.random.choice(
            [0, -1, 19723, 19723, 19782, 19783, 20000, self.random.randint(-1000, 24000)]))

    def draw_timestamp(self, _):
        return EPOCH + datetime.timedelta(milliseconds=self.random.choice(
            [0, -1, 1704067200000, 1709208000123, self.random.randint(-10 ** 10, 2 * 10 ** 12),
             1704067200000 + self.random.randint(0, 10 ** 8)]))


class Table:
    """Columns, and rows in the order in which they arrive: `rows` of (partition, {column: value})."""

    def __init__(self, random):
        self.random = random
        self.partitions = random.choice([1, 1, 2, 3])
        self.columns = [("ts", TIMESTAMP), ("k", STRING), ("g", BIGINT)]
        kinds = [BIGINT, BIGINT, DOUBLE, DOUBLE, STRING, STRING, BOOLEAN, DATE, TIMESTAMP]
        for i in range(random.randint(4, 8)):
            self.columns.append((f"c{i}", random.choice(kinds + random.sample(DECIMALS, 3))))
        self.jitter = random.choice([0, 0, 5000, 60000])  # Milliseconds by which rows come out of order.
        self.lateness = self.jitter + 1 if random.random() < 0.5 else random.choice([0, self.jitter // 4])
        self.ticks = random.random() < 0.5
        self.rows = self.draw_rows()

    def draw_rows(self):
        random, values = self.random, Values(self.random, self.random.random() < 0.4)
        null_share = {name: random.choice([0, 0, 0.15, 0.4]) for name, _ in self.columns[1:]}
        count = random.choice([2, 10, 20, 30, 40, 60])
        step = random.choice([700, 9000, 120000, 3600000])
        start = random.choice([1704067200000, 1704067200000, 1711843200000, 1729987200000])  # The latter: clocks change.
        time, times = start + random.randint(-3600000, 3600000), set()
        rows = []
        for _ in range(count):
            time += random.randint(0, 2 * step)
            at = time - random.randint(0, self.jitter)
            while at in times:  # Unique, so that FIRST, LAST and ORDER BY have one answer.
                at += 1
                time = max(time, at)
            times.add(at)
            row = {"ts": EPOCH + datetime.timedelta(milliseconds=at)}
            for name, type in self.columns[1:]:
                drawn = {"k": random.choice(["A", "B", "C", "dé"]), "g": random.randint(0, 2)}.get(name)
                row[name] = values.draw(type) if drawn is None else drawn
                if random.random() < null_share[name]:
                    row[name] = None
            rows.append((random.randrange(self.partitions), row))
        return rows

    @property
    def in_order(self):
        return self.jitter == 0 and self.partitions == 1

    def stream(self):
        """The declaration for the product."""
        columns = ", ".join(f"{name} {type.velo}" for name, type in self.columns)
        return f"stream s ({columns}) watermark ts - {self.lateness}ms partitions {self.partitions} idle never\n"

    def pushes(self, rows):
        """The rows as blocks of the .slt format: runs of one partition, cut now and then."""
        random = type(self.random)(len(rows))  # Its own, so that leaving out queries changes nothing.
        blocks, last = [], None
        for partition, row in rows:
            if partition != last or random.random() < 0.1:
                if blocks and self.ticks and random.random() < 0.3:
                    blocks.append("tick 3s\n")
                blocks.append(f"push s partition {partition}\n")
                last = partition
            cells = [f'"{name}":{as_json(row[name], type, random)}' if row[name] is not None else f'"{name}":null'
                     for name, type in self.columns if row[name] is not None or random.random() < 0.5]
            blocks[-1] += "{" + ",".join(cells) + "}\n"
        return "".join(block + "----\n\n" for block in blocks) + "finish\n----\n\n"

    def duck_statements(self, rows):
        """Besides the columns: `wm`, the watermark that the row's own partition had before it."""
        columns = self.columns + [("wm", TIMESTAMP)]
        yield f"CREATE OR REPLACE TABLE s ({', '.join(f'{name} {type.duck}' for name, type in columns)})"
        newest, values = {}, []
        for partition, row in rows:
            before = newest.get(partition)
            row["wm"] = datetime.datetime(1, 1, 1) if before is None else before - datetime.timedelta(milliseconds=self.lateness)
            newest[partition] = max(before or row["ts"], row["ts"])
            values.append("(" + ", ".join(literal(row[name], type, True) for name, type in columns) + ")")
        if values:
            yield f"INSERT INTO s VALUES {', '.join(values)}"
