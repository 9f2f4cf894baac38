"""Random queries: projections, groups, windows, buffers of rows, frames, DISTINCT, any of them over a query in FROM, groups of groups."""

import copy
import re

from expressions import ALL_TYPES, Expression, Expressions, quotient
from values import ARRAY, BIGINT, BOOLEAN, DATE, DECIMALS, DOUBLE, STRING, TIMESTAMP, Type

WIDE = {s: Type("DECIMAL", 38, s) for s in range(19)}
ANY, NUMBER, ORDERED = "any", "number", "ordered"

# Aggregates: the product's call, DuckDB's (None: the same), the types of the arguments, the result's type (a function of the first
# argument's), whether the last bits may differ, and whether DuckDB has it over rows.
AGGREGATES = [
    ("COUNT(*)", None, [], lambda t: BIGINT, False, True),
    ("COUNT({0})", None, [ANY], lambda t: BIGINT, False, True),
    ("COUNT(DISTINCT {0})", None, [ANY], lambda t: BIGINT, False, True),
    ("SUM({0})", None, [BIGINT], lambda t: WIDE[0], False, True),
    ("SUM(DISTINCT {0})", None, [BIGINT], lambda t: WIDE[0], False, True),
    ("SUM({0})", None, ["decimal"], lambda t: WIDE[t.s], False, True),
    ("SUM({0})", None, [DOUBLE], lambda t: DOUBLE, True, True),
    ("AVG({0})", None, [BIGINT], lambda t: DOUBLE, True, True),
    ("AVG({0})", None, [DOUBLE], lambda t: DOUBLE, True, True),
    ("AVG({0})", "MEAN", ["decimal"],
     lambda t: WIDE[max(t.s, 6)], False, False),
    ("MIN({0})", None, [ORDERED], lambda t: t, False, True),
    ("MAX({0})", None, [ORDERED], lambda t: t, False, True),
    ("FIRST({0})", "arg_min({0}, ts)", [ANY], lambda t: t, False, True),
    ("LAST({0})", "arg_max({0}, ts)", [ANY], lambda t: t, False, True),
    ("MIN_BY({0}, ts)", "arg_min({0}, ts)", [ANY], lambda t: t, False, True),
    ("MAX_BY({0}, ts)", "arg_max({0}, ts)", [ANY], lambda t: t, False, True),
    ("ANY_VALUE({0})", "min({0})", [ORDERED], lambda t: t, False, True),
    ("COUNT_IF({0})", "count(CASE WHEN {0} THEN 1 END)", [BOOLEAN], lambda t: BIGINT, False, True),
    ("BOOL_AND({0})", None, [BOOLEAN], lambda t: BOOLEAN, False, True),
    ("BOOL_OR({0})", None, [BOOLEAN], lambda t: BOOLEAN, False, True),
    ("BIT_AND({0})", None, [BIGINT], lambda t: BIGINT, False, True),
    ("BIT_OR({0})", None, [BIGINT], lambda t: BIGINT, False, True),
    ("BIT_XOR({0})", None, [BIGINT], lambda t: BIGINT, False, True),
    ("APPROX_COUNT_DISTINCT({0})", "count(DISTINCT {0})", [ANY], lambda t: BIGINT, False, True),
    ("VAR_POP({0} % 1000)", None, [NUMBER], lambda t: DOUBLE, True, True),
    ("VARIANCE({0} % 1000)", None, [NUMBER], lambda t: DOUBLE, True, True),
    ("STDDEV({0} % 1000)", None, [NUMBER], lambda t: DOUBLE, True, True),
    ("STDDEV_POP({0} % 1000)", None, [NUMBER], lambda t: DOUBLE, True, True),
    ("COVAR_POP({0} % 1000, {1} % 1000)", None, [DOUBLE, DOUBLE], lambda t: DOUBLE, True, True),
    ("COVAR_SAMP({0} % 1000, {1} % 1000)", None, [DOUBLE, BIGINT], lambda t: DOUBLE, True, True),
    ("MEDIAN({0})", None, [DOUBLE], lambda t: DOUBLE, True, True),
    ("PERCENTILE_CONT({0}, 0.25)", "quantile_cont({0}, 0.25)", [DOUBLE], lambda t: DOUBLE, True, True),
    ("PERCENTILE_DISC({0}, 0.5)", "quantile_disc({0}, 0.5)", [ORDERED], lambda t: t, False, True),
    ("STRING_AGG({0}, '-')", "string_agg({0}, '-' ORDER BY ts)", [STRING], lambda t: STRING, False, False),
    ("ARRAY_AGG({0})", "array_agg({0} ORDER BY ts)", [BIGINT], lambda t: ARRAY, False, False),
    ("TOPK({0}, 3)", "max({0}, 3)", [BIGINT], lambda t: ARRAY, False, False),
    ("TOPK({0}, 2)", "max({0}, 2)", [STRING], lambda t: ARRAY, False, False),
]
# What numbers rows or looks at one of them, the same in both: the call, the types of its arguments, the result's type, and whether it
# looks at a frame.
WINDOW_FUNCTIONS = [
    ("ROW_NUMBER()", [], lambda t: BIGINT, False),
    ("RANK()", [], lambda t: BIGINT, False),
    ("DENSE_RANK()", [], lambda t: BIGINT, False),
    ("LAG({0})", [ANY], lambda t: t, False),
    ("LAG({0}, 3)", [ANY], lambda t: t, False),
    ("FIRST_VALUE({0})", [ANY], lambda t: t, True),
    ("LAST_VALUE({0})", [ANY], lambda t: t, True),
    ("NTH_VALUE({0}, 2)", [ANY], lambda t: t, True),
]
FRAMES = ["", " ROWS 2 PRECEDING", " ROWS BETWEEN 7 PRECEDING AND CURRENT ROW", " ROWS UNBOUNDED PRECEDING", " ROWS CURRENT ROW",
          " RANGE BETWEEN INTERVAL '20' SECOND PRECEDING AND CURRENT ROW", " RANGE BETWEEN INTERVAL '3' HOUR PRECEDING AND CURRENT ROW"]
# % 1000: sums of squares of larger numbers cost DuckDB more digits than TOLERANCE has, but not the product.
SIZES = ["10 SECOND", "1 MINUTE", "7 MINUTE", "1 HOUR", "5 HOUR", "1 DAY"]
ORIGIN = "TIMESTAMP '1970-01-01'"


class Query:
    """What a query is made of, so that it can be written for both sides and made smaller part by part."""

    def __init__(self):
        self.items, self.where, self.keys, self.having = [], None, [], None
        self.aggregates = []                     # Of groups, as DuckDB computes them before the items.
        self.inner, self.inner_where = [], None  # (name, expression) of a query in FROM.
        self.window = None                       # (velo clause, extra columns of the rows in DuckDB)
        self.distinct, self.grouped, self.emit = False, False, "EMIT FINAL"
        self.framed = False                      # OVER (… ORDER BY ts …): rows that are late have no answer.
        self.table_function = None               # Another way to write the window.

    def expressions(self):
        return self.items + self.keys + [e for e in (self.where, self.having, self.inner_where) if e] + \
            [e for _, e in self.inner]

    @property
    def latest_by_key(self):
        """It answers more than once; what counts is the last answer of a message key."""
        return self.grouped and self.emit != "EMIT FINAL"

    @property
    def kinds(self):
        return [item.type for item in self.items]

    def velo(self):
        source = "s"
        if self.inner:
            columns = ", ".join(f"{e.velo} AS {name}" for name, e in self.inner)
            where = f" WHERE {self.inner_where.velo}" if self.inner_where else ""
            source = f"(SELECT ts, {columns} FROM s{where}) AS t"
        source = self.table_function or source
        items = ", ".join(f"{item.velo} AS x{i}" for i, item in enumerate(self.items))
        text = f"SELECT {'DISTINCT ' if self.distinct else ''}{items}\nFROM {source}"
        text += f"\nWHERE {self.where.velo}" if self.where else ""
        keys = [key.velo for key in self.keys]
        if self.grouped and self.table_function:
            keys = ["window_start", "window_end"] + keys
        text += "\nGROUP BY " + ", ".join(keys) if keys else ""
        text += f"\nWINDOW {self.window[0]}" if self.window and not self.table_function else ""
        text += f"\nHAVING {self.having.velo}" if self.having else ""
        return text + ("\n" + self.emit if self.grouped else "")

    def duck(self):
        source = "s"
        if self.inner:
            columns = ", ".join(f"{e.duck} AS {name}" for name, e in self.inner)
            where = f" WHERE {self.inner_where.duck}" if self.inner_where else ""
            source = f"(SELECT ts, wm, {columns} FROM s{where})"
        where = f"\nWHERE {self.where.duck}" if self.where else ""
        if self.framed:
            source, where = f"(SELECT * FROM (SELECT * FROM {source}{where}) WHERE ts >= wm)", ""
        if self.window:
            source, where = f"({self.window[1].format(source=source, where=where)})", ""
        items = ", ".join(f"{item.duck} AS x{i}" for i, item in enumerate(self.items))
        source += f" AS t{where}"
        if self.grouped:
            keys = [(key.duck, f"k{i}") for i, key in enumerate(self.keys)] + \
                ([("ws", "ws"), ("we", "we")] if self.window else [])
            asked = " ".join([items] + ([self.having.duck] if self.having else []))
            aggregates = [(text, name) for text, name in self.aggregates if re.search(rf"\b{name}\b", asked)]
            columns = ", ".join(f"{text} AS {name}" for text, name in keys + aggregates) or "1"
            by = "GROUP BY " + ", ".join(text for text, _ in keys) if keys else \
                "HAVING count(*) > 0"  # A stream without rows has no answer.
            source = f"(SELECT {columns}\nFROM {source}\n{by})"
            source += f"\nWHERE {self.having.duck}" if self.having else ""
        return f"SELECT {'DISTINCT ' if self.distinct else ''}{items}\nFROM {source}"

    def smaller(self):
        """Queries with one part less, or a smaller one."""
        def copied(**changes):
            query = copy.copy(self)
            for name, value in changes.items():
                setattr(query, name, value)
            return query

        if len(self.items) > 1:
            for i in range(len(self.items)):
                yield copied(items=self.items[:i] + self.items[i + 1:])
        for name in ("where", "having", "inner_where"):
            if getattr(self, name):
                yield copied(**{name: None})
                for part in getattr(self, name).smaller():
                    if part.type == BOOLEAN:
                        yield copied(**{name: part})
        for i in range(len(self.inner) if len(self.inner) > 1 else 0):
            yield copied(inner=self.inner[:i] + self.inner[i + 1:])
        for i, item in enumerate(self.items):
            for part in item.smaller():
                yield copied(items=self.items[:i] + [part] + self.items[i + 1:])
        for i, (name, e) in enumerate(self.inner):
            for part in e.smaller():
                if part.type == e.type:
                    yield copied(inner=self.inner[:i] + [(name, part)] + self.inner[i + 1:])


class Levels(Query):
    """Groups of the final answers of windows: a row of theirs has the event time of the window's end less a microsecond."""

    def __init__(self, inner):
        super().__init__()
        self.of, self.grouped, self.size = inner, True, None

    def velo(self):
        items = ", ".join(f"{item.velo} AS y{i}" for i, item in enumerate(self.items))
        keys = "\nGROUP BY " + ", ".join(key.velo for key in self.keys) if self.keys else ""
        window = f"\nWINDOW TUMBLING ({self.size})" if self.size else ""
        return f"SELECT {items}\nFROM ({self.of.velo()}) AS m{keys}{window}\nEMIT FINAL"

    def duck(self):
        keys = [key.duck for key in self.keys]
        if self.size:
            end = next(f"x{i}" for i, item in enumerate(self.of.items) if item.duck == "we")
            keys.append(f"time_bucket({self.size}, {end} - INTERVAL '1' MICROSECOND, {ORIGIN})")
        by = "GROUP BY " + ", ".join(keys) if keys else "HAVING count(*) > 0"
        items = ", ".join(f"{item.duck} AS y{i}" for i, item in enumerate(self.items))
        return f"SELECT {items}\nFROM ({self.of.duck()}) AS m\n{by}"

    def smaller(self):
        for i in range(len(self.items) if len(self.items) > 1 else 0):
            query = copy.copy(self)
            query.items = self.items[:i] + self.items[i + 1:]
            yield query
        for name in ("where", "having", "inner_where"):
            if getattr(self.of, name):
                query = copy.copy(self)
                query.of = copy.copy(self.of)
                setattr(query.of, name, None)
                yield query


class Queries:
    """Draws queries over a table."""

    def __init__(self, random, values, table):
        self.random, self.values, self.table = random, values, table

    def draw(self):
        query = Query()
        atoms = [Expression(type, name, name, plain=True, varies=True) for name, type in self.table.columns]
        if self.random.random() < 0.2:
            atoms = self.put_query_in_from(query, atoms)
        over_rows = Expressions(self.random, self.values, atoms)
        if self.random.random() < 0.4:
            query.where = over_rows.filter(3)
        shape = self.random.random()
        if shape < 0.45:
            self.project(query, over_rows)
        elif shape < 0.53:
            query.distinct = True
            query.items = [over_rows.make(over_rows.any_type(), 2).tried() for _ in range(self.random.randint(1, 3))]
        elif shape < 0.63 and self.table.in_order:
            self.buffer(query, over_rows)
        elif shape < 0.69:
            self.frames(query, over_rows)
        elif shape < 0.76:
            return self.levels(query, over_rows, atoms)
        else:
            self.group(query, over_rows, atoms)
        return query

    def put_query_in_from(self, query, atoms):
        inside = Expressions(self.random, self.values, atoms)
        types = [BIGINT, STRING] + [inside.any_type() for _ in range(self.random.randint(1, 3))]
        query.inner = [(f"d{i}", inside.make(type, 2).tried()) for i, type in enumerate(types)]
        if self.random.random() < 0.5:
            query.inner_where = inside.filter(2)
        return [atoms[0]] + [Expression(e.type, name, name, plain=True, varies=e.varies) for name, e in query.inner]

    def project(self, query, over_rows):
        query.items = [over_rows.make(over_rows.any_type(), self.random.randint(1, 4))
                       for _ in range(self.random.randint(1, 5))]
        if self.random.random() < 0.2:
            query.items.append(over_rows.math())

    def levels(self, inner, over_rows, atoms):
        random = self.random
        while not inner.window or inner.emit != "EMIT FINAL":
            inner.keys, inner.window, inner.table_function, inner.having, inner.emit = [], None, None, None, "EMIT FINAL"
            self.group(inner, over_rows, atoms)
        columns = [Expression(item.type, f"x{i}", f"x{i}", plain=True, varies=True) for i, item in enumerate(inner.items)
                   if not item.inexact and item.type.kind not in ("ARRAY", "DOUBLE")]
        outer = Levels(inner)
        outer.keys = random.sample(columns, random.choice([0, 1, 1, 2]))
        outer.size = random.choice([None, "INTERVAL '1' HOUR", "INTERVAL '1' DAY"])
        over_answers = Expressions(random, self.values, columns)
        outer.items = list(outer.keys)
        while len(outer.items) < len(outer.keys) + random.randint(1, 4):
            call = self.aggregate(over_answers)
            if "ts" not in call.duck and not call.inexact and call.type.kind != "ARRAY":
                outer.items.append(call)
        return outer

    def aggregate(self, over_rows, over=None):
        """A call; `over`: the two texts of a buffer."""
        random = self.random
        velo, duck, wants, result, inexact, _ = random.choice([a for a in AGGREGATES if a[5] or not over])
        types = []
        for want in wants:
            choices = {ANY: ALL_TYPES + DECIMALS, NUMBER: [DOUBLE, BIGINT], "decimal": DECIMALS,
                       ORDERED: [BIGINT, DOUBLE, STRING, DATE, TIMESTAMP] + DECIMALS}.get(want, [want])
            types.append(random.choice(choices))
        parts = [over_rows.make(type, random.randint(0, 2)).tried() for type in types]
        condition = over_rows.filter(2) if random.random() < 0.25 else None
        filters = [f" FILTER (WHERE {text})" if condition else ""
                   for text in ((condition.velo, condition.duck) if condition else ("", ""))]
        duck = duck or velo
        if duck == "MEAN":
            duck = quotient("sum({0}){2}", "CAST(nullif(count({0}){2}, 0) AS DECIMAL(18,0))", types[0].s, 0, max(types[0].s, 6))
        else:
            duck += "{2}"
        slots = [part.duck for part in parts] + ["", ""]
        velo = velo.format(*(part.velo for part in parts)) + filters[0]
        duck = duck.format(slots[0], slots[1], filters[1])
        if over:
            velo, duck = velo + over[0], duck + over[1]
        type = result(types[0] if types else None)
        if type.kind != "ARRAY":
            duck = f"CAST({duck} AS {type.duck})"
        return Expression(type, velo, duck, inexact=inexact, plain=True)

    def partition(self, query):
        key = self.random.choice([[], ["k"], ["g"], ["k", "g"]] if not query.inner else [[], ["d0"], ["d1"]])
        return f"PARTITION BY {', '.join(key)} " if key else ""

    def frames(self, query, over_rows):
        random = self.random
        query.framed = True
        by = self.partition(query)
        for _ in range(random.randint(1, 4)):
            frame = random.choice(FRAMES)
            over = f" OVER ({by}ORDER BY ts{frame})"
            if random.random() < 0.6:
                query.items.append(self.aggregate(over_rows, (over, over)))
                continue
            call, wants, result, is_framed = random.choice(WINDOW_FUNCTIONS)
            over = over if is_framed else f" OVER ({by}ORDER BY ts)"
            part = over_rows.make(random.choice(ALL_TYPES), random.randint(0, 2)).tried() if wants else None
            type = result(part.type if part else None)
            velo, duck = (call.format(text) for text in ((part.velo, part.duck) if part else ("", "")))
            query.items.append(Expression(type, velo + over, f"CAST({duck}{over} AS {type.duck})", plain=True))
        query.items += [over_rows.plain(over_rows.any_type()) for _ in range(random.randint(0, 2))]

    def buffer(self, query, over_rows):
        random = self.random
        count = random.choice([1, 2, 3, 5, 20])
        by = self.partition(query)
        over = (f" OVER (ROWS WINDOW BUFFER {count} ROWS {by}ORDER BY ts)",
                f" OVER ({by}ORDER BY ts ROWS BETWEEN {count - 1} PRECEDING AND CURRENT ROW)")
        query.items = [self.aggregate(over_rows, over) for _ in range(random.randint(1, 4))]
        query.items += [over_rows.plain(over_rows.any_type()) for _ in range(random.randint(0, 2))]

    def group(self, query, over_rows, atoms):
        random = self.random
        query.grouped = True
        columns = [atom for atom in atoms[1:] if atom.type.kind not in ("DOUBLE",)]
        for _ in range(random.choice([0, 1, 1, 1, 2])):
            key = random.choice(columns) if random.random() < 0.6 else \
                over_rows.make(random.choice([BIGINT, STRING, BOOLEAN, DATE]), 2).tried()
            if key.varies and key.velo not in [other.velo for other in query.keys] and not (key.plain and key not in columns):
                query.keys.append(key)
        if random.random() < 0.3:
            query.emit = random.choice(["EMIT CHANGES", "EMIT CHANGES EVERY 2s"])
        if random.random() < 0.6:
            self.add_window(query)
        aggregates = [self.aggregate(over_rows) for _ in range(random.randint(1, 5))]
        query.aggregates = [(a.duck, f"a{i}") for i, a in enumerate(aggregates)]
        aggregates = [Expression(a.type, a.velo, f"a{i}", inexact=a.inexact, plain=True) for i, a in enumerate(aggregates)]
        offered = [Expression(key.type, key.velo, f"k{i}", plain=True) for i, key in enumerate(query.keys)]
        bounds = [Expression(TIMESTAMP, "_window_start", "ws", plain=True),
                  Expression(TIMESTAMP, "_window_end", "we", plain=True)] if query.window else []
        exact = [a for a in aggregates if not a.inexact and a.type.kind != "ARRAY"]
        over_groups = Expressions(random, self.values, offered + exact + bounds)
        query.items = offered + bounds + aggregates
        if random.random() < 0.4:
            query.items.append(over_groups.make(over_groups.any_type(), 2).tried())
        if random.random() < 0.3 and exact:
            query.having = over_groups.filter(2)

    def add_window(self, query):
        """In DuckDB: `ws` and `we` for each row and each of its windows that take it, which end after the watermark of its
        partition."""
        random = self.random
        size = random.choice(SIZES)
        interval = f"INTERVAL '{size.split()[0]}' {size.split()[1]}"
        shape = random.randrange(8)
        final = query.emit == "EMIT FINAL"
        allowed = random.choice(["10s", "2h"]) if final and random.random() < 0.15 else None
        taking = f"we + INTERVAL '{(allowed or '0s')[:-1]}' {'HOUR' if allowed == '2h' else 'SECOND'} > wm"
        spans = f"SELECT * FROM (SELECT *, {{ws}} AS ws, {{we}} AS we FROM {{{{source}}}}{{{{where}}}}) WHERE {taking}"
        if shape < 3:
            offset = random.choice([True, False])
            origin = f"({ORIGIN} + INTERVAL '3' SECOND)" if offset else ORIGIN
            velo = f"TUMBLING (ts, {interval}{', offset 3s' if offset else ''})"
            start = f"time_bucket({interval}, ts, {origin})"
            duck = spans.format(ws=start, we=f"{start} + {interval}")
            if not query.inner and random.random() < 0.3:
                query.table_function = f"TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), {interval}{', INTERVAL 3 SECOND' if offset else ''}))"
                query.table_function = query.table_function.replace("INTERVAL 3 SECOND", "INTERVAL '3' SECOND")
        elif shape == 3:
            velo = "TUMBLING (ts, 1 MONTH)"
            start = "CAST(date_trunc('month', ts) AS TIMESTAMP)"
            duck = spans.format(ws=start, we=f"{start} + INTERVAL '1' MONTH")
        elif shape == 4:
            unit = random.choice(["DAY", "WEEK", "MONTH"])
            velo = f"TUMBLING (ts, 1 {unit}, timezone 'Europe/Berlin')"
            start = f"CAST(date_trunc('{unit}', clocks(ts, 'Europe/Berlin')) AS TIMESTAMP)"
            duck = spans.format(ws=f"instant({start}, 'Europe/Berlin')",
                                we=f"instant({start} + INTERVAL '1' {unit}, 'Europe/Berlin')")
        elif shape == 5 or not all(key.plain for key in query.keys):
            advance = f"INTERVAL '{random.choice([1, 2, 3, 4])}' {size.split()[1]}" if size.split()[0] != "1" else \
                {"MINUTE": "INTERVAL '25' SECOND", "HOUR": "INTERVAL '20' MINUTE", "DAY": "INTERVAL '12' HOUR"}[size.split()[1]]
            velo = f"HOPPING (ts, {interval}, {advance})"
            if not query.inner and random.random() < 0.3:
                query.table_function = f"TABLE(HOP(TABLE s, DESCRIPTOR(ts), {advance}, {interval}))"
            duck = f"SELECT * FROM (SELECT *, ws + {interval} AS we FROM (SELECT *, unnest(generate_series(time_bucket({advance}, " \
                   f"ts - {interval}, {ORIGIN}) + {advance}, time_bucket({advance}, ts, {ORIGIN}), {advance})) AS ws " \
                   f"FROM {{source}}{{where}})) WHERE {taking}"
        else:
            allowed = None
            by = "PARTITION BY " + ", ".join(key.duck for key in query.keys) if query.keys else ""
            velo = f"SESSION (ts, {interval})"
            same = f"{by}{', ' if by else 'PARTITION BY '}session"
            duck = f"SELECT *, min(ts) OVER ({same}) AS ws, max(ts) OVER ({same}) + {interval} AS we FROM (SELECT *, " \
                   f"sum(fresh) OVER ({by} ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session FROM (SELECT *, CASE WHEN " \
                   f"ts - lag(ts) OVER ({by} ORDER BY ts) <= {interval} THEN 0 ELSE 1 END AS fresh FROM " \
                   f"(SELECT * FROM {{source}}{{where}}) WHERE ts >= wm))"
        query.window = (velo, duck)
        early = final and random.random() < 0.2
        if early or allowed:
            query.emit += (" EARLY EVERY 2s" if early else "") + (f" ALLOWED LATENESS {allowed}" if allowed else "")
