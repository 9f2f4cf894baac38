"""Random expressions, written for the product and for DuckDB at once.

Where both differ by design, the text for DuckDB says what the product means (a division by zero is made an error, rounding goes
half away from zero), or the form is not generated at all. Not generated, with the reason:

- DECIMAL beside DOUBLE in a comparison: the product compares exactly, DuckDB as DOUBLE.
- CAST(DOUBLE AS STRING), ROUND(DOUBLE, digits): the product goes by the shortest digits of a number, DuckDB does not.
- CAST(STRING AS TIMESTAMP), MOD of DOUBLE and the like at the edges of their domains: another idea of what is valid.
- REVERSE, LEVENSHTEIN of texts beyond ASCII: DuckDB counts graphemes and bytes there, the product code points.
"""

from values import ARRAY, BIGINT, BOOLEAN, DATE, DECIMALS, DOUBLE, STRING, TEXTS, TIMESTAMP, Type, literal

ALL_TYPES = [BIGINT, DOUBLE, STRING, BOOLEAN, DATE, TIMESTAMP]


class Expression:
    """`faults`: it may fail for a row. `inexact`: a DOUBLE whose last bits may differ. `plain`: a column or a literal."""

    def __init__(self, type, velo, duck, parts=(), faults=False, inexact=False, plain=False, varies=False):
        self.type, self.velo, self.duck, self.parts = type, velo, duck, parts
        self.varies = varies or any(part.varies for part in parts)  # It is not the same for every row.
        self.faults = faults or any(part.faults for part in parts)
        self.inexact = inexact or any(part.inexact for part in parts)
        self.plain = plain

    def tried(self):
        return Expression(self.type, f"TRY({self.velo})", f"TRY({self.duck})", (self,)) if self.faults else self

    def smaller(self):
        """Its parts, for who looks for the least query that fails."""
        for part in self.parts:
            if not part.plain:
                yield part


def from_text(type, velo, duck, parts, faults=False, inexact=False, lazy=False):
    """Of several parts none may fail, unless they are evaluated only where they are needed (`lazy`): where one is NULL, DuckDB
    does not always evaluate the others."""
    if len(parts) > 1 and not lazy:
        parts = [part.tried() for part in parts]
    made = Expression(type, velo.format(*(part.velo for part in parts)), duck.format(*(part.duck for part in parts)),
                      parts, faults, inexact)
    if velo.startswith("TRY("):
        made.faults = False
    return made


# How each type may come about: the product's text, DuckDB's (None: the same), the types of the parts, whether it may fail.
# A part `!X` is a column or a literal of X, which DuckDB's text may then repeat; `=x` is the literal x; `#n` a small number.
# A division of NULL by zero is NULL, as NULL in || is.
ZERO = "CASE WHEN {1} = 0 THEN CAST('zero' || {0} AS {T}) ELSE {0} %s {1} END"
WIDER = "CAST({0} AS DECIMAL(30,5))"  # DuckDB computes in 64 bits what has up to 18 digits.
FORMS = {
    "BIGINT": [
        ("({0} + {1})", None, "BIGINT BIGINT", True),
        ("({0} - {1})", None, "BIGINT BIGINT", True),
        ("({0} * {1})", None, "BIGINT BIGINT", True),
        ("({0} / {1})", ZERO.replace("{T}", "BIGINT") % "//", "BIGINT !BIGINT", True),
        ("({0} % {1})", ZERO.replace("{T}", "BIGINT") % "%", "BIGINT !BIGINT", True),
        ("(-{0})", None, "BIGINT", True),
        ("ABS({0})", None, "BIGINT", True),
        ("SIGN({0})", "CAST(sign({0}) AS BIGINT)", "BIGINT", False),
        ("CAST({0} AS BIGINT)", None, "DECIMAL", True),
        ("CAST({0} AS BIGINT)", "CAST(round({0}) AS BIGINT)", "DOUBLE", True),
        ("CAST({0} AS BIGINT)", None, "BOOLEAN", False),
        ("CAST({0} AS BIGINT)", None, "!STRING", True),
        ("TRY_CAST({0} AS BIGINT)", None, "!STRING", False),
        ("LENGTH({0})", None, "STRING", False),
        ("OCTET_LENGTH({0})", "strlen({0})", "STRING", False),
        ("POSITION({0} IN {1})", None, "STRING STRING", False),
        ("STRPOS({0}, {1})", None, "STRING STRING", False),
        ("ASCII({0})", "CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END", "!STRING", False),
        ("EXTRACT(YEAR FROM {0})", None, "DATE", False),
        ("EXTRACT(MONTH FROM {0})", None, "TIMESTAMP", False),
        ("EXTRACT(DAY FROM {0})", None, "TIMESTAMP", False),
        ("EXTRACT(HOUR FROM {0})", None, "TIMESTAMP", False),
        ("EXTRACT(WEEK FROM {0})", None, "DATE", False),
        ("EXTRACT(QUARTER FROM {0})", None, "DATE", False),
        ("EXTRACT(DOW FROM {0})", None, "DATE", False),
        ("EXTRACT(ISODOW FROM {0})", None, "TIMESTAMP", False),
        ("EXTRACT(DOY FROM {0})", None, "DATE", False),
        ("EXTRACT(ISOYEAR FROM {0})", None, "DATE", False),
        ("MINUTE({0})", None, "TIMESTAMP", False),
        ("SECOND({0})", None, "TIMESTAMP", False),
        ("DAYOFWEEK({0})", "(dayofweek({0}) + 1)", "DATE", False),
        ("UNIX_TIMESTAMP({0}, 'ms')", "epoch_ms({0})", "TIMESTAMP", False),
        ("CAST({0} AS BIGINT)", "epoch_ms({0})", "TIMESTAMP", False),
        ("TIMESTAMPDIFF(DAY, {0}, {1})", "date_sub('day', {0}, {1})", "TIMESTAMP TIMESTAMP", False),
        ("TIMESTAMPDIFF(HOUR, {0}, {1})", "date_sub('hour', {0}, {1})", "TIMESTAMP TIMESTAMP", False),
        ("TIMESTAMPDIFF(SECOND, {0}, {1})", "date_sub('second', {0}, {1})", "TIMESTAMP TIMESTAMP", False),
        ("BITAND({0}, {1})", "({0} & {1})", "BIGINT BIGINT", False),
        ("BITOR({0}, {1})", "({0} | {1})", "BIGINT BIGINT", False),
        ("BITXOR({0}, {1})", "xor({0}, {1})", "BIGINT BIGINT", False),
        ("BITNOT({0})", "(~{0})", "BIGINT", False),
        ("BIT_COUNT({0})", "CAST(bit_count({0}) AS BIGINT)", "BIGINT", False),
        ("GCD({0}, {1})", None, "#n #n", False),
        ("LCM({0}, {1})", None, "#n #n", False),
        ("FACTORIAL({0})", "CAST(factorial(CAST({0} AS INTEGER)) AS BIGINT)", "#n", False),
        ("EXTRACT(HOUR FROM ({0} AT TIME ZONE 'Europe/Berlin'))", "EXTRACT(HOUR FROM clocks({0}, 'Europe/Berlin'))", "TIMESTAMP",
         False),
        ("CARDINALITY(SPLIT({0}, ','))", "len(str_split({0}, ','))", "STRING", False),
        ("ARRAY_MAX(ARRAY[{0}, {1}, 3])", "list_max([{0}, {1}, 3])", "BIGINT BIGINT", False),
        ("ARRAY_MIN(TRANSFORM(ARRAY[{0}, 5], x -> x % 7))", "list_min(list_transform([{0}, 5], lambda x: x % 7))", "BIGINT", False),
        ("CARDINALITY(FILTER(ARRAY[{0}, {1}, 5], x -> x > 2))", "len(list_filter([{0}, {1}, 5], lambda x: x > 2))", "BIGINT BIGINT",
         False),
        ("ELEMENT_AT(ARRAY[{0}, {1}], -1)", "[{0}, {1}][-1]", "BIGINT BIGINT", False),
        ("ARRAY_POSITION(ARRAY[{0}, 2], {1})", "CASE WHEN {1} IS NOT NULL THEN coalesce(list_position([{0}, 2], {1}), 0) END",
         "BIGINT !BIGINT", False),
        ("REGEXP_COUNT({0}, '[a-z]')", "len(regexp_extract_all({0}, '[a-z]'))", "STRING", False),
    ],
    "DOUBLE": [
        ("({0} + {1})", None, "DOUBLE DOUBLE", False),
        ("({0} - {1})", None, "DOUBLE DOUBLE", False),
        ("({0} * {1})", None, "DOUBLE DOUBLE", False),
        ("({0} + {1})", None, "DOUBLE !BIGINT", False),
        ("({0} * {1})", None, "!DECIMAL DOUBLE", False),
        ("({0} / {1})", ZERO.replace("{T}", "DOUBLE") % "/", "DOUBLE !DOUBLE", True),
        ("({0} % {1})", ZERO.replace("{T}", "DOUBLE") % "%", "DOUBLE !DOUBLE", True),
        ("(-{0})", None, "DOUBLE", False),
        ("ABS({0})", None, "DOUBLE", False),
        ("FLOOR({0})", None, "DOUBLE", False),
        ("CEIL({0})", None, "DOUBLE", False),
        ("ROUND({0})", None, "DOUBLE", False),
        ("TRUNC({0})", None, "DOUBLE", False),
        ("SQRT({0})", None, "DOUBLE", True),
        ("CAST({0} AS DOUBLE)", None, "BIGINT", False),
        ("CAST({0} AS DOUBLE)", None, "!DECIMAL", False),
        ("CAST({0} AS DOUBLE)", None, "!STRING", True),
        ("TRY_CAST({0} AS DOUBLE)", None, "!STRING", False),
        ("POWER({0}, 2)", None, "DOUBLE", False),
    ],
    "STRING": [
        ("({0} || {1})", None, "STRING STRING", False),
        ("CONCAT({0}, {1}, '-')", None, "STRING STRING", False),
        ("CONCAT_WS('/', {0}, {1})", None, "STRING STRING", False),
        ("UPPER({0})", None, "STRING", False),
        ("LOWER({0})", None, "STRING", False),
        ("SUBSTRING({0}, #n)", None, "STRING", False),
        ("SUBSTRING({0}, #n, #n)", None, "STRING", False),
        ("SUBSTRING({0}, -#n)", None, "STRING", False),
        ("LEFT({0}, #n)", None, "STRING", False),
        ("RIGHT({0}, #n)", None, "STRING", False),
        ("LEFT({0}, -#n)", None, "STRING", False),
        ("RIGHT({0}, -#n)", None, "STRING", False),
        ("TRIM({0})", None, "STRING", False),
        ("TRIM({0}, 'ab')", None, "STRING", False),
        ("LTRIM({0})", None, "STRING", False),
        ("RTRIM({0}, 'b ')", None, "STRING", False),
        ("LPAD({0}, #n, '*')", None, "STRING", False),
        ("RPAD({0}, #n, 'xy')", None, "STRING", False),
        ("REPLACE({0}, {1}, '_')", None, "STRING =a", False),
        ("REPLACE({0}, 'a', {1})", None, "STRING STRING", False),
        ("REPEAT({0}, #n)", None, "!STRING", False),
        ("TRANSLATE({0}, 'ab1', 'X')", None, "STRING", False),
        ("SPLIT_PART({0}, ',', 2)", None, "STRING", False),
        ("SPLIT_PART({0}, ',', -1)", None, "STRING", False),
        ("CAST({0} AS STRING)", "CAST({0} AS VARCHAR)", "BIGINT", False),
        ("CAST({0} AS STRING)", "CAST({0} AS VARCHAR)", "!DECIMAL", False),
        ("CAST({0} AS STRING)", "CAST({0} AS VARCHAR)", "BOOLEAN", False),
        ("CAST({0} AS STRING)", "CAST({0} AS VARCHAR)", "DATE", False),
        ("CAST({0} AS STRING)", "strftime({0}, '%Y-%m-%dT%H:%M:%S.%gZ')", "TIMESTAMP", False),
        ("MD5({0})", None, "STRING", False),
        ("SHA256({0})", None, "STRING", False),
        ("TO_BASE64({0})", "base64(encode({0}))", "STRING", False),
        ("TO_HEX({0})", "lower(hex({0}))", "STRING", False),
        ("URL_ENCODE({0})", None, "STRING", False),
        ("DAYNAME({0})", None, "DATE", False),
        ("MONTHNAME({0})", None, "TIMESTAMP", False),
        ("FORMAT_TIMESTAMP({0}, 'yyyy-MM-dd HH:mm:ss')", "strftime({0}, '%Y-%m-%d %H:%M:%S')", "TIMESTAMP", False),
        ("FORMAT_TIMESTAMP({0}, 'EEE dd MMM yy hh:mm a')", "strftime({0}, '%a %d %b %y %I:%M %p')", "TIMESTAMP", False),
        ("FORMAT_TIMESTAMP({0}, 'EEEE MMMM D SSS')", "strftime({0}, '%A %B %-j %g')", "TIMESTAMP", False),
        ("ARRAY_JOIN(ARRAY[{0}, {1}], '-', '?')", "concat_ws('-', coalesce({0}, '?'), coalesce({1}, '?'))", "STRING STRING", False),
        ("ARRAY_JOIN(SPLIT({0}, 'a'), '+')", "array_to_string(str_split({0}, 'a'), '+')", "STRING", False),
        ("ARRAY_JOIN(ARRAY_SORT(SPLIT({0}, ',')), ',')", "array_to_string(list_sort(str_split({0}, ',')), ',')", "STRING", False),
        ("REGEXP_REPLACE({0}, '[ab]+', '<\\0>')", "regexp_replace({0}, '[ab]+', '<\\0>', 'g')", "STRING", False),
        ("REGEXP_REPLACE({0}, '(\\d)', 'n')", "regexp_replace({0}, '(\\d)', 'n', 'g')", "STRING", False),
        ("REGEXP_EXTRACT({0}, '([a-z])(.)', 2)",
         "CASE WHEN regexp_matches({0}, '([a-z])(.)') THEN regexp_extract({0}, '([a-z])(.)', 2) END", "!STRING", False),
    ],
    "BOOLEAN": [
        ("({0} IS NULL)", None, "ANY", False),
        ("({0} IS NOT NULL)", None, "ANY", False),
        ("(NOT {0})", None, "BOOLEAN", False),
        ("({0} IS TRUE)", None, "BOOLEAN", False),
        ("({0} IS NOT FALSE)", None, "BOOLEAN", False),
        ("({0} IS UNKNOWN)", "({0} IS NULL)", "BOOLEAN", False),
        ("({0} LIKE '%a%')", None, "STRING", False),
        ("({0} LIKE 'a_')", None, "STRING", False),
        ("({0} NOT LIKE '_b%')", None, "STRING", False),
        ("({0} LIKE '50!%' ESCAPE '!')", None, "STRING", False),
        ("({0} ILIKE 'A%')", None, "STRING", False),
        ("({0} LIKE {1})", None, "STRING =%2%", False),
        ("STARTS_WITH({0}, {1})", None, "STRING STRING", False),
        ("ENDS_WITH({0}, {1})", None, "STRING STRING", False),
        ("CONTAINS({0}, {1})", None, "STRING STRING", False),
        ("ARRAY_CONTAINS(ARRAY[{0}, 5], {1})", "({1} IN ({0}, 5))", "BIGINT BIGINT", False),
        ("REGEXP_LIKE({0}, '^[a-z ]*$')", "regexp_matches({0}, '^[a-z ]*$')", "STRING", False),
        ("({0} SIMILAR TO '(a|A)%')", "regexp_full_match({0}, '(a|A).*', 's')", "STRING", False),
        ("CAST({0} AS BOOLEAN)", None, "BIGINT", False),
        ("CAST({0} AS BOOLEAN)", None, "!STRING", True),
        ("TRY_CAST({0} AS BOOLEAN)", None, "!STRING", False),
    ],
    "DATE": [
        ("CAST({0} AS DATE)", None, "TIMESTAMP", False),
        ("LAST_DAY({0})", None, "DATE", False),
        ("TRY_CAST({0} AS DATE)", "CASE WHEN regexp_full_match({0}, ' *\\d\\d\\d\\d-\\d\\d-\\d\\d *') THEN TRY_CAST({0} AS DATE) END", "!STRING", False),
        ("MAKE_DATE(2000 + #n, #m, #m)", None, "", False),
    ],
    "TIMESTAMP": [
        ("({0} + INTERVAL '#n' DAY)", None, "TIMESTAMP", False),
        ("({0} - INTERVAL '90' MINUTE)", None, "TIMESTAMP", False),
        ("({0} + INTERVAL '#n' HOUR)", None, "DATE", False),
        ("CAST({0} AS TIMESTAMP)", None, "DATE", False),
        ("TIMESTAMPADD(MONTH, #n, {0})", "({0} + to_months(#n))", "TIMESTAMP", False),
        ("TIMESTAMPADD(DAY, {1}, {0})", "({0} + to_days(CAST({1} AS INTEGER)))", "TIMESTAMP #n", False),
        ("DATE_BIN(INTERVAL '15' MINUTE, {0})", "time_bucket(INTERVAL '15' MINUTE, {0}, TIMESTAMP '1970-01-01')",
         "TIMESTAMP", False),
        ("({0} AT TIME ZONE 'Europe/Berlin')", "clocks({0}, 'Europe/Berlin')", "TIMESTAMP", False),
        ("({0} AT TIME ZONE 'America/New_York')", "clocks({0}, 'America/New_York')", "TIMESTAMP", False),
        ("FROM_LOCAL_TIME({0}, 'Asia/Tokyo')", "instant({0}, 'Asia/Tokyo')", "TIMESTAMP", False),
        ("DATE_TRUNC('day', {0}, 'Europe/Berlin')",
         "instant(CAST(date_trunc('day', clocks({0}, 'Europe/Berlin')) AS TIMESTAMP), 'Europe/Berlin')", "TIMESTAMP", False),
        ("DATE_TRUNC('hour', {0}, 'Asia/Kolkata')",
         "instant(CAST(date_trunc('hour', clocks({0}, 'Asia/Kolkata')) AS TIMESTAMP), 'Asia/Kolkata')", "TIMESTAMP", False),
        ("CAST(FORMAT_TIMESTAMP({0}, 'yyyy-MM-dd HH:mm:ss') AS TIMESTAMP)",
         "CAST(strftime({0}, '%Y-%m-%d %H:%M:%S') AS TIMESTAMP)", "TIMESTAMP", False),
        ("FROM_UNIXTIME({0}, 'ms')", "epoch_ms({0})", "#n", False),
    ] + [(f"DATE_TRUNC('{unit}', {{0}})", f"CAST(date_trunc('{unit}', {{0}}) AS TIMESTAMP)", "TIMESTAMP", False)
         for unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second")],
}


def quotient(a, b, s1, s2, s):
    """DuckDB's text for a / b as the product has it: exact, rounded half away from zero at scale `s`."""
    unit = "0." + "0" * (s - 1) + "1"
    return f"(CAST(CAST(unscaled_quotient({a}, {b}, {s1}, {s2}, {s}) AS HUGEINT) AS DECIMAL(38,0)) * CAST('{unit}' AS DECIMAL({s + 1},{s})))"


# Their last bits may differ, so they are only answers of their own.
MATH = ["EXP({0} % 20)", "SIN({0})", "COS({0})", "TAN({0} % 1)", "ATAN({0})", "CBRT({0})", "DEGREES({0})", "RADIANS({0})", "SINH({0} % 9)",
        "TANH({0})", "TRY(LN({0}))", "TRY(LOG10({0}))", "TRY(LOG2({0}))", "TRY(ASIN({0}))", "TRY(ACOS({0}))", "ATAN2({0}, 3)",
        "TRY(POWER({0} % 10, 3))"]


class Expressions:
    """Draws expressions over `atoms`, a list of Expression: columns, or what a group offers."""

    def __init__(self, random, values, atoms):
        self.random, self.values, self.atoms = random, values, atoms

    def decimal_type(self):
        return self.random.choice(DECIMALS)

    def any_type(self):
        return self.random.choice(ALL_TYPES + [self.decimal_type()])

    def literal(self, type):
        value = None if self.random.random() < 0.05 else self.values.draw(type)
        return Expression(type, literal(value, type, False), literal(value, type, True), plain=True)

    def small(self):
        number = self.random.randint(0, 12)
        return Expression(BIGINT, str(number), literal(number, BIGINT, True), plain=True)

    def plain(self, type):
        fitting = [atom for atom in self.atoms if atom.type == type or type.kind == atom.type.kind != "DECIMAL"]
        return self.random.choice(fitting) if fitting and self.random.random() < 0.85 else self.literal(type)

    def make(self, type, depth):
        """An expression of exactly this type."""
        if depth <= 0 or self.random.random() < 0.2:
            return self.plain(type)
        if self.random.random() < 0.22:
            return self.choice_of_branches(type, depth)
        if type.kind == "DECIMAL":
            return self.decimal(type, depth)
        if type.kind == "BOOLEAN" and self.random.random() < 0.75:
            return self.condition(depth)
        return self.form(type, depth)

    def math(self):
        text = self.random.choice(MATH)
        return from_text(DOUBLE, text, text, [self.plain(DOUBLE)], inexact=True)

    def form(self, type, depth):
        velo, duck, wants, faults = self.random.choice(FORMS[type.kind])
        duck = duck or velo
        numbers = []
        while "#n" in velo or "#m" in velo:
            number = str(self.random.randint(1, 12 if "#m" in velo else 6))
            mark = "#m" if "#m" in velo else "#n"
            velo = velo.replace(mark, number, 1)
            duck = duck.replace(mark, number, 1)
            numbers.append(number)
        parts = [self.part(want, depth) for want in wants.split()]
        made = from_text(type, velo, duck, parts, faults)
        if "TRY_CAST" in velo:
            made.faults = False
        return made.tried() if made.faults and self.random.random() < 0.85 else made

    def part(self, want, depth):
        types = {type.kind: type for type in ALL_TYPES} | {"DECIMAL": self.decimal_type(), "ANY": self.any_type()}
        if want == "#n":
            return self.small()
        if want.startswith("="):
            text = "'" + want[1:] + "'"
            return Expression(STRING, text, text, plain=True)
        if want.startswith("!"):
            return self.plain(self.owned_decimal() if want == "!DECIMAL" else types[want[1:]])
        return self.make(types[want], depth - 1)

    def owned_decimal(self):
        """A DECIMAL type that a column has, if one does."""
        owned = [atom.type for atom in self.atoms if atom.type.kind == "DECIMAL" and atom.plain]
        return self.random.choice(owned or DECIMALS)

    def choice_of_branches(self, type, depth):
        random = self.random
        shape = random.randrange(7)
        if shape == 0:
            parts = [self.make(type, depth - 1) for _ in range(random.randint(2, 3))]
            text = "COALESCE(" + ", ".join("{%d}" % i for i in range(len(parts))) + ")"
            return from_text(type, text, text, parts, lazy=True)
        if shape == 1:
            parts = [self.condition(depth - 1), self.make(type, depth - 1), self.make(type, depth - 1)]
            return from_text(type, "IF({0}, {1}, {2})", "CASE WHEN {0} THEN {1} ELSE {2} END", parts,
                             lazy=True)
        if shape == 2:
            parts = [self.make(type, depth - 1), self.plain(type)]
            return from_text(type, "NULLIF({0}, {1})", "NULLIF({0}, {1})", parts)
        if shape == 3 and type.kind != "BOOLEAN":
            parts = [self.make(type, depth - 1) for _ in range(random.randint(2, 3))]
            name = random.choice(["GREATEST", "LEAST"])
            text = f"{name}(" + ", ".join("{%d}" % i for i in range(len(parts))) + ")"
            return from_text(type, text, text, parts)
        if shape == 4:
            sought = self.any_type()
            parts = [self.make(sought, depth - 1), self.plain(sought), self.make(type, depth - 1), self.plain(type)]
            text = "CASE {0} WHEN {1} THEN {2} ELSE {3} END"
            return from_text(type, text, text, parts, lazy=True)
        parts = [self.condition(depth - 1), self.make(type, depth - 1), self.condition(depth - 1), self.make(type, depth - 1)]
        text = "CASE WHEN {0} THEN {1} WHEN {2} THEN {3} END"
        return from_text(type, text, text, parts, lazy=True)

    def decimal(self, type, depth):
        """A computation whose result, with a type of its own, is cast to `type`."""
        shape = self.random.randrange(8)
        a = self.make(self.decimal_type(), depth - 1)
        if shape < 3:
            operator = "+-*"[shape]
            b = self.make(self.decimal_type(), depth - 1)
            text = "({0} %s {1})" % operator
            wider = f"CAST({{0}} AS DECIMAL(20,{a.type.s}))" if operator == "*" else WIDER
            made = from_text(type, text, text.replace("{0}", wider), [a, b])
        elif shape == 3:
            made = from_text(type, "({0} + {1})", f"({WIDER} + {{1}})", [a, self.make(BIGINT, depth - 1)])
        elif shape == 4:
            a, b = self.plain(self.owned_decimal()), self.plain(self.owned_decimal())
            scale = max(6, a.type.s + b.type.p + 1)
            if a.type.p - a.type.s + b.type.s + scale > 38:
                return self.plain(type)
            made = from_text(type, "({0} / {1})", quotient("{0}", "{1}", a.type.s, b.type.s, scale), [a, b], True)
        elif shape == 5:
            b = self.plain(self.decimal_type())
            made = from_text(type, "({0} % {1})", ZERO.replace("{T}", "DECIMAL(18,3)") % "%", [a, b], True)
        elif shape == 6:
            text = self.random.choice(["ABS({0})", "FLOOR({0})", "CEIL({0})", "ROUND({0}, 1)", "ROUND({0})", "(-{0})"])
            made = from_text(type, text, text, [a])
        else:
            made = self.make(BIGINT, depth - 1) if self.random.random() < 0.5 else self.plain(STRING)
        text = "CAST({0} AS %s)" % type.velo
        made = from_text(type, text, text, [made], True)
        return made.tried() if self.random.random() < 0.85 else made

    def condition(self, depth):
        random = self.random
        if depth <= 0:
            return self.plain(BOOLEAN)
        shape = random.randrange(10)
        if shape < 2:
            name = random.choice(["AND", "OR"])
            left, right = self.condition(depth - 1), self.condition(depth - 1)
            duck = "({0} %s {1})" % name
            if right.faults:  # The product does not evaluate what the left side has decided.
                decided = "TRUE" if name == "OR" else "FALSE"
                duck = "CASE WHEN {0} IS %s THEN %s ELSE %s END" % (decided, decided, duck)
            return from_text(BOOLEAN, "({0} %s {1})" % name, duck, [left, right], lazy=True)
        if shape < 5:
            return self.comparison(depth)
        if shape == 5:
            type = self.any_type()
            parts = [self.make(type, depth - 1)] + [self.literal(type) for _ in range(random.randint(1, 4))]
            listed = ", ".join("{%d}" % i for i in range(1, len(parts)))
            text = "({0} %sIN (%s))" % (random.choice(["", "NOT "]), listed)
            return from_text(BOOLEAN, text, text, parts)
        if shape == 6:
            type = random.choice([BIGINT, DOUBLE, STRING, DATE, TIMESTAMP, self.decimal_type()])
            parts = [self.make(type, depth - 1), self.plain(type), self.plain(type)]
            text = "({0} %sBETWEEN {1} AND {2})" % random.choice(["", "NOT "])
            return from_text(BOOLEAN, text, text, parts)
        if shape == 7:
            return self.choice_of_branches(BOOLEAN, depth)
        return self.form(BOOLEAN, depth)

    def filter(self, depth):
        """A condition, often one that most rows satisfy."""
        condition = self.condition(depth).tried()
        shape = self.random.random()
        if shape < 0.4:
            return condition
        if shape < 0.7:
            return from_text(BOOLEAN, "({0} IS NOT TRUE)", "({0} IS NOT TRUE)", [condition])
        return from_text(BOOLEAN, "({0} OR {1} IS NOT NULL)", "({0} OR {1} IS NOT NULL)", [condition, self.plain(self.any_type())])

    def comparison(self, depth):
        random = self.random
        type = self.any_type()
        other = type
        if type.kind == "DECIMAL" or (type.kind == "BIGINT" and random.random() < 0.3):
            other = self.decimal_type()
        elif type.kind == "DATE" and random.random() < 0.3:
            other = TIMESTAMP
        operators = ["=", "<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]
        if type.kind != "BOOLEAN":
            operators += ["<", "<=", ">", ">="]
        text = "({0} %s {1})" % random.choice(operators)
        return from_text(BOOLEAN, text, text, [self.make(type, depth - 1), self.make(other, depth - 1)])
