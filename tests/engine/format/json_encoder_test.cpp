#include <bit>
#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <simdjson.h>

#include "engine/format/encoder.hpp"
#include "tests/support/values.hpp"

using namespace velo;
using namespace velo::engine;

namespace {

Value timestamp(std::int64_t micros) { return {kTimestamp, micros}; }
Value date(std::int64_t days) { return {kDate, days}; }
Value bytes(std::string value) { return {kBytes, std::move(value)}; }

/// Output columns with their values, and what the encoder makes of them.
class Encoding {
public:
    Encoding& column(const std::string& name, Type type, std::vector<Value> values) {
        plan_.columns.push_back({name, nullptr});
        values_.push_back(&add(type, std::move(values)));
        return *this;
    }
    Encoding& key(OutputKey::Kind kind) {
        plan_.key.kind = kind;
        return *this;
    }
    Encoding& key_column(const std::string& name, Type type, std::vector<Value> values) {
        plan_.key.columns.push_back({name, nullptr});
        keys_.push_back(&add(type, std::move(values)));
        return *this;
    }
    Encoding& epoch_ms() {
        options_.timestamps = TimestampStyle::EpochMs;
        return *this;
    }
    Encoding& tombstones(std::vector<std::uint8_t> marks) {
        tombstones_ = std::move(marks);
        return *this;
    }

    Encoding& encode(Selection rows) {
        if (!encoder_) encoder_ = make_json_encoder(plan_, options_);
        encoder_->encode(values_, keys_, rows, tombstones_.empty() ? nullptr : tombstones_.data(),
                         chunk_);
        return *this;
    }

    [[nodiscard]] const OutputChunk& chunk() const noexcept { return chunk_; }
    [[nodiscard]] std::string value(std::size_t record = 0) const {
        const OutputChunk::Record& at = chunk_.records.at(record);
        return at.value_size == OutputChunk::kNone ? "(tombstone)" : std::string(chunk_.value(at));
    }
    [[nodiscard]] std::string key(std::size_t record = 0) const {
        const OutputChunk::Record& at = chunk_.records.at(record);
        return at.key_size == OutputChunk::kNone ? "(no key)" : std::string(chunk_.key(at));
    }

private:
    const Column& add(Type type, std::vector<Value> values) {
        const std::vector<Value>& kept = kept_.emplace_back(std::move(values));
        Column& column = columns_.emplace_back();
        fill(column, type, kept);
        return column;
    }

    OutputPlan plan_;
    EncodeOptions options_;
    std::deque<std::vector<Value>> kept_;
    std::deque<Column> columns_;
    std::vector<const Column*> values_;
    std::vector<const Column*> keys_;
    std::vector<std::uint8_t> tombstones_;
    std::unique_ptr<Encoder> encoder_;
    OutputChunk chunk_;
};

constexpr std::int64_t kTenOClock = 1'705'312'800'000'000;  // 2024-01-15T10:00:00Z

}  // namespace

TEST_CASE("a row is an object of its columns in SELECT order", "[json]") {
    Encoding encoding;
    encoding.column("flag", kBoolean, {boolean(true)})
        .column("count", kBigint, {bigint(-42)})
        .column("avg \"price\"", kDouble, {real(100.25)});
    encoding.column("total", decimal_type(38, 2), {decimal(-1250, 38, 2)})
        .column("symbol", kString, {text("a\"b é")});
    encoding.column("raw", kBytes, {bytes(std::string("\0\xFF", 2))})
        .column("at", kTimestamp, {timestamp(kTenOClock)});
    encoding.column("day", kDate, {date(19'737)}).column("gap", kInterval, {interval(90'000'000)});
    encoding.encode(Selection::all(1));
    CHECK(
        encoding.value() ==
        R"({"flag":true,"count":-42,"avg \"price\"":100.25,"total":-12.50,"symbol":"a\"b é","raw":"AP8=",)"
        R"("at":"2024-01-15T10:00:00.000Z","day":"2024-01-15","gap":"1m30s"})");
    CHECK(encoding.key() == "(no key)");
}

TEST_CASE("NULL of every type is null", "[json]") {
    Encoding encoding;
    for (const Type& type : {kNullType, kBoolean, kBigint, kDouble, decimal_type(10, 2), kString,
                            kBytes, kTimestamp, kDate, kInterval, kTime, array_type(kBigint)}) {
        encoding.column(type.text(), type, {null_of(type)});
    }
    encoding.encode(Selection::all(1));
    CHECK(
        encoding.value() ==
        R"#({"NULL":null,"BOOLEAN":null,"BIGINT":null,"DOUBLE":null,"DECIMAL(10,2)":null,"STRING":null,)#"
        R"("BYTES":null,"TIMESTAMP":null,"DATE":null,"INTERVAL":null,"TIME":null,"ARRAY<BIGINT>":null})");
}

TEST_CASE("times have microseconds only where there are some, or are milliseconds", "[json]") {
    const std::vector<Value> times{timestamp(kTenOClock), timestamp(kTenOClock + 1), timestamp(-1),
                                   timestamp(kTenOClock + 1)};
    Encoding readable;
    readable.column("at", kTimestamp, times).encode(Selection::all(4));
    CHECK(readable.value(0) == R"({"at":"2024-01-15T10:00:00.000Z"})");
    CHECK(readable.value(1) == R"({"at":"2024-01-15T10:00:00.000001Z"})");
    CHECK(readable.value(2) == R"({"at":"1969-12-31T23:59:59.999999Z"})");
    CHECK(readable.value(3) == readable.value(1));
    Encoding millis;
    millis.column("at", kTimestamp, times).epoch_ms().encode(Selection::all(4));
    CHECK(millis.value(0) == R"({"at":1705312800000})");
    CHECK(millis.value(1) == R"({"at":1705312800000})");
    CHECK(millis.value(2) == R"({"at":-1})");
}

TEST_CASE("only the selected rows are written, in order", "[json]") {
    Encoding encoding;
    encoding.column("n", kBigint, {bigint(0), bigint(1), bigint(2), bigint(3)});
    const std::vector<std::uint32_t> rows{1, 3};
    encoding.encode(Selection(rows))
        .encode(Selection::all(1))
        .encode(Selection(std::span<const std::uint32_t>{}));
    REQUIRE(encoding.chunk().records.size() == 3);
    CHECK(encoding.chunk().bytes == R"({"n":1}{"n":3}{"n":0})");
}

TEST_CASE("a constant column has one value for all rows", "[json]") {
    OutputPlan plan;
    plan.columns.push_back({"one", nullptr});
    Column column;
    const Value value = text("x");
    fill_constant(column, value, 3);
    const Column* const columns[] = {&column};
    OutputChunk chunk;
    make_json_encoder(plan, {})->encode(columns, {}, Selection::all(3), nullptr, chunk);
    CHECK(chunk.bytes == R"({"one":"x"}{"one":"x"}{"one":"x"})");
}

TEST_CASE("one key column is its text, and NULL no key", "[json]") {
    const auto key_of = [](Type type, Value value) {
        Encoding encoding;
        return encoding.column("n", kBigint, {bigint(1)})
            .key(OutputKey::Kind::Text)
            .key_column("k", type, {std::move(value)})
            .encode(Selection::all(1))
            .key();
    };
    CHECK(key_of(kString, text("a \"b\"")) == "a \"b\"");
    CHECK(key_of(kString, text("")) == "");
    CHECK(key_of(kBigint, bigint(-7)) == "-7");
    CHECK(key_of(kDouble, real(0.5)) == "0.5");
    CHECK(key_of(kBoolean, boolean(false)) == "false");
    CHECK(key_of(decimal_type(10, 2), decimal(1250, 10, 2)) == "12.50");
    CHECK(key_of(kTimestamp, timestamp(kTenOClock)) == "2024-01-15T10:00:00.000Z");
    CHECK(key_of(kDate, date(19'737)) == "2024-01-15");
    CHECK(key_of(kBytes, bytes("\xFF")) == "/w==");
    CHECK(key_of(kString, null_of(kString)) == "(no key)");
}

TEST_CASE("several key columns are an object, written as in the row", "[json]") {
    Encoding encoding;
    encoding.column("n", kBigint, {bigint(1), bigint(2)}).key(OutputKey::Kind::Json);
    encoding.key_column("symbol", kString, {text("A"), null_of(kString)})
        .key_column("window_start", kTimestamp, {timestamp(kTenOClock), timestamp(0)});
    encoding.encode(Selection::all(2));
    CHECK(encoding.key(0) == R"({"symbol":"A","window_start":"2024-01-15T10:00:00.000Z"})");
    CHECK(encoding.key(1) == R"({"symbol":null,"window_start":"1970-01-01T00:00:00.000Z"})");
    CHECK(encoding.value(1) == R"({"n":2})");
}

TEST_CASE("a source record's key passes through as it is", "[json]") {
    Encoding encoding;
    encoding.column("n", kBigint, {bigint(1), bigint(2), bigint(3)})
        .key(OutputKey::Kind::PassThrough);
    encoding.key_column("", kBytes, {bytes("\xFF\"x"), null_of(kBytes), bytes("")})
        .encode(Selection::all(3));
    CHECK(encoding.key(0) == "\xFF\"x");
    CHECK(encoding.key(1) == "(no key)");
    CHECK(encoding.key(2) == "");
}

TEST_CASE("a tombstone has its key and no value", "[json]") {
    Encoding encoding;
    encoding.column("n", kBigint, {bigint(1), bigint(2), bigint(3)}).key(OutputKey::Kind::Text);
    encoding.key_column("k", kString, {text("a"), text("b"), text("c")})
        .tombstones({0, 1, 0})
        .encode(Selection::all(3));
    CHECK(encoding.value(0) == R"({"n":1})");
    CHECK(encoding.value(1) == "(tombstone)");
    CHECK(encoding.key(1) == "b");
    CHECK(encoding.value(2) == R"({"n":3})");
    CHECK(encoding.key(2) == "c");
}

TEST_CASE("a query without output columns would write empty objects", "[json]") {
    Encoding encoding;
    CHECK(encoding.encode(Selection::all(2)).chunk().bytes == "{}{}");
}

TEST_CASE("rows of any size find room", "[json]") {
    Encoding encoding;
    std::vector<Value> values;
    std::string expected;
    for (std::size_t size = 0; size < 3000; size += 7) {
        values.push_back(text(std::string(size, size % 2 == 0 ? 'x' : '\x01')));
        expected += R"({"text":")";
        for (std::size_t i = 0; i < size; ++i) expected += size % 2 == 0 ? "x" : "\\u0001";
        expected += "\"}";
    }
    const auto rows = static_cast<std::uint32_t>(values.size());
    CHECK(encoding.column("text", kString, std::move(values))
              .encode(Selection::all(rows))
              .chunk()
              .bytes == expected);
}

TEST_CASE("simdjson reads back what was written", "[json]") {
    simdjson::dom::parser parser;
    rc::check("a text, a number and an integer",
              [&](const std::string& bytes, double number, std::int64_t integer) {
                  RC_PRE(std::isfinite(number));
                  std::string ascii = bytes;
                  for (char& c : ascii)
                      c = static_cast<char>(static_cast<unsigned char>(c) & 0x7FU);
                  Encoding encoding;
                  encoding.column("t", kString, {text(ascii + " ü")})
                      .column("d", kDouble, {real(number)})
                      .column("i", kBigint, {bigint(integer)});
                  const std::string written = encoding.encode(Selection::all(1)).value();
                  const simdjson::dom::element row = parser.parse(written).value();
                  RC_ASSERT(std::string(row["t"].get_string().value()) == ascii + " ü");
                  RC_ASSERT(std::bit_cast<std::uint64_t>(row["d"].get_double().value()) ==
                            std::bit_cast<std::uint64_t>(number));
                  RC_ASSERT(row["i"].get_int64().value() == integer);
              });
}
