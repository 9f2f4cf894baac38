#include "engine/data/group_key.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/base/hash.hpp"
#include "tests/support/values.hpp"

using namespace velo;
using namespace velo::engine;

namespace {

using Row = std::vector<Value>;

/// The keys of rows of values, and the values that come back from them.
class Keys {
public:
    Keys(std::vector<Type> types, const std::vector<Row>& rows) : codec_(types) {
        std::vector<Column> columns(types.size());
        std::vector<std::vector<Value>> values(types.size());
        std::vector<const Column*> pointers;
        for (std::size_t i = 0; i < types.size(); ++i) {
            for (const Row& row : rows) values[i].push_back(row[i]);
            fill(columns[i], types[i], values[i]);
            pointers.push_back(&columns[i]);
        }
        const auto count = static_cast<std::uint32_t>(rows.size());
        codec_.encode(pointers, count, Selection::all(count), arena_, keys_, hashes_);
    }

    [[nodiscard]] std::string key(std::size_t row) const { return std::string(keys_.at(row)); }
    [[nodiscard]] const std::vector<std::uint64_t>& hashes() const noexcept { return hashes_; }
    [[nodiscard]] std::vector<Row> decoded() const {
        std::vector<Column> columns(codec_.types().size());
        codec_.decode(keys_, columns);
        std::vector<Row> rows(keys_.size());
        for (std::uint32_t row = 0; row < rows.size(); ++row) {
            for (const Column& column : columns) rows[row].push_back(value_at(column, row));
        }
        return rows;
    }

private:
    GroupKeyCodec codec_;
    Arena arena_;
    std::vector<std::string_view> keys_;
    std::vector<std::uint64_t> hashes_;
};

std::string key_of(std::vector<Type> types, const Row& row) {
    return Keys(std::move(types), {row}).key(0);
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

Value any_value(Type type) {
    if (*rc::gen::inRange(0, 5) == 0) return null_of(type);
    switch (type.kind) {
        case TypeKind::Boolean:
            return boolean(*rc::gen::arbitrary<bool>());
        case TypeKind::Double:
            return real(*rc::gen::elementOf(std::vector{0.0, 1.5, -1.5, 1e300}));
        case TypeKind::Decimal:
            return {type, Int128{*rc::gen::arbitrary<std::int64_t>()} * *rc::gen::inRange(1, 1000)};
        case TypeKind::String:
        case TypeKind::Bytes:
            return {type,
                    *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab\0", 3)))};
        case TypeKind::Null:
            return null_of(type);
        case TypeKind::Array:
            return array(type.element(), {any_value(type.element()), any_value(type.element())});
        default:
            return {type, *rc::gen::inRange<std::int64_t>(-2, 3)};
    }
}

}  // namespace

TEST_CASE("the layout of a key never changes", "[group_key]") {
    CHECK(key_of({kString}, {text("ab")}) == bytes({1, 2, 0, 0, 0, 'a', 'b'}));
    CHECK(key_of({kString}, {null_of(kString)}) == bytes({0}));
    CHECK(key_of({kBigint}, {bigint(258)}) == bytes({1, 2, 1, 0, 0, 0, 0, 0, 0}));
    CHECK(key_of({kBoolean}, {boolean(true)}) == bytes({1, 1}));
    CHECK(key_of({kDouble}, {real(1)}) == bytes({1, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
    CHECK(
        key_of({decimal_type(10, 2)}, {decimal(-1, 10, 2)}) ==
        bytes({1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}));
    CHECK(key_of({kString, kString}, {text("a"), null_of(kString)}) ==
          bytes({1, 1, 0, 0, 0, 'a', 0}));
    CHECK(key_of({kBigint, kString}, {bigint(1), text("")}) ==
          bytes({1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}));
    CHECK(key_of({}, {}) == "");
}

TEST_CASE("keys of different values differ", "[group_key]") {
    CHECK(key_of({kString, kString}, {text("a"), text("bc")}) !=
          key_of({kString, kString}, {text("ab"), text("c")}));
    CHECK(key_of({kString}, {text("")}) != key_of({kString}, {null_of(kString)}));
    CHECK(key_of({kBigint}, {bigint(0)}) != key_of({kBigint}, {null_of(kBigint)}));
}

TEST_CASE("zeros of either sign are one key", "[group_key]") {
    CHECK(key_of({kDouble}, {real(-0.0)}) == key_of({kDouble}, {real(0.0)}));
}

TEST_CASE("the hash of a key is the hash of its bytes", "[group_key]") {
    const Keys keys({kString, kBigint}, {{text("a"), bigint(1)}, {null_of(kString), bigint(2)}});
    CHECK(keys.hashes() == std::vector{hash_bytes(keys.key(0)), hash_bytes(keys.key(1))});
    CHECK(Keys({kString}, {{text("SYM1")}}).hashes().front() == 0x724C9AAD13BE5E57);
}

TEST_CASE("only selected rows get keys", "[group_key]") {
    Column column;
    const std::vector<Value> values{text("a"), text("b"),
                                    text("a text longer than a block of bytes")};
    fill(column, kString, values);
    const Column* const columns[] = {&column};
    Arena arena;
    std::vector<std::string_view> keys(3, "untouched");
    std::vector<std::uint64_t> hashes;
    const std::vector<std::uint32_t> rows{0, 2};
    GroupKeyCodec({kString}).encode(columns, 3, Selection(rows), arena, keys, hashes);
    CHECK(hashes.size() == 3);
    CHECK(keys[0] == bytes({1, 1, 0, 0, 0, 'a'}));
    CHECK(keys[1] == "untouched");
    CHECK(keys[2].substr(5) == "a text longer than a block of bytes");
}

TEST_CASE("a constant column is part of every key", "[group_key]") {
    Column constant;
    const Value value = text("x");
    fill_constant(constant, value, 2);
    const Column* const columns[] = {&constant};
    Arena arena;
    std::vector<std::string_view> keys;
    std::vector<std::uint64_t> hashes;
    GroupKeyCodec({kString}).encode(columns, 2, Selection::all(2), arena, keys, hashes);
    CHECK(keys[0] == keys[1]);
    CHECK(hashes[0] == hashes[1]);
}

TEST_CASE("keys are equal exactly when all values are, and give them back", "[group_key]") {
    const std::vector<Type> kinds{
        kNullType,  kBoolean, kBigint,   kDouble, decimal_type(20, 3), kString, kBytes,
        kTimestamp, kDate,    kInterval, kTime,   array_type(kBigint)};
    rc::check("any types", [&] {
        const auto types = *rc::gen::container<std::vector<Type>>(rc::gen::elementOf(kinds));
        std::vector<Row> rows(10);
        for (Row& row : rows) {
            for (const Type& type : types) row.push_back(any_value(type));
        }
        const Keys keys(types, rows);
        RC_ASSERT(keys.decoded() == rows);
        for (std::size_t a = 0; a < rows.size(); ++a) {
            for (std::size_t b = 0; b < rows.size(); ++b)
                RC_ASSERT((keys.key(a) == keys.key(b)) == (rows[a] == rows[b]));
        }
    });
}
