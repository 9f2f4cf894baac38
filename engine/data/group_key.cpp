#include "engine/data/group_key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/nested.hpp"
#include "engine/data/text_room.hpp"

namespace velo::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "keys are written as they lie in memory");

constexpr char kNull = 0;
constexpr char kValue = 1;
constexpr std::size_t kTagSize = 1;
constexpr std::size_t kLengthSize = sizeof(std::uint32_t);

// Zeros compare equal, so they must be the same bytes.
template <class T>
T as_written(T value) noexcept {
    if constexpr (std::is_same_v<T, double>) return value == 0 ? 0.0 : value;
    return value;
}

// One key column: how much room a row's value needs at most, and writing it.
template <class T>
class KeyPart {
public:
    explicit KeyPart(const Column& column) noexcept : values_(column) {}

    [[nodiscard]] std::size_t room(std::uint32_t) const noexcept { return kTagSize + sizeof(T); }
    char* write(char* out, std::uint32_t row) const noexcept {
        if (values_.is_null(row)) {
            *out = kNull;
            return out + kTagSize;
        }
        *out = kValue;
        const T value = as_written(values_.at(row));
        std::memcpy(out + kTagSize, &value, sizeof value);
        return out + kTagSize + sizeof value;
    }

private:
    Reader<T> values_;
};

template <>
class KeyPart<std::string_view> {
public:
    explicit KeyPart(const Column& column) noexcept : values_(column) {}

    [[nodiscard]] std::size_t room(std::uint32_t row) const noexcept {
        return kTagSize + kLengthSize + (values_.is_null(row) ? 0 : values_.at(row).size());
    }
    char* write(char* out, std::uint32_t row) const noexcept {
        if (values_.is_null(row)) {
            *out = kNull;
            return out + kTagSize;
        }
        *out = kValue;
        const std::string_view text = values_.at(row);
        const auto size = static_cast<std::uint32_t>(text.size());
        std::memcpy(out + kTagSize, &size, kLengthSize);
        return copy_text(out + kTagSize + kLengthSize, text);
    }

private:
    Reader<std::string_view> values_;
};

// Key columns of any number and types.
class AnyKeyParts {
public:
    explicit AnyKeyParts(std::span<const Column* const> columns) noexcept : columns_(columns) {}

    [[nodiscard]] std::size_t room(std::uint32_t row) const noexcept {
        std::size_t sum = 0;
        for (const Column* column : columns_) {
            sum += visit_physical(column->type().kind, [&]<class T>(std::type_identity<T>) {
                return KeyPart<T>(*column).room(row);
            });
        }
        return sum;
    }
    char* write(char* out, std::uint32_t row) const noexcept {
        for (const Column* column : columns_) {
            out = visit_physical(column->type().kind, [&]<class T>(std::type_identity<T>) {
                return KeyPart<T>(*column).write(out, row);
            });
        }
        return out;
    }

private:
    std::span<const Column* const> columns_;
};

struct Keys {
    std::vector<std::string_view>& keys;
    std::vector<std::uint64_t>& hashes;
    Arena& arena;
};

template <class... Parts>
void encode_rows(Selection selection, Keys out, const Parts&... parts) {
    TextRoom texts;
    texts.start(out.arena);
    // A key is hashed some rows after it was written: bytes that are still on their way to the cache cannot be read at
    // once, the less where another worker has had the arena last.
    constexpr std::uint32_t kBehind = 16;
    std::array<std::uint32_t, kBehind> written{};
    std::uint32_t count = 0;
    const auto hash = [&out](std::uint32_t row) { out.hashes[row] = hash_bytes(out.keys[row]); };
    selection.each([&](std::uint32_t row) {
        char* end =
            texts.reserve((parts.room(row) + ...) + 1);  // A key of no values stands somewhere too.
        ((end = parts.write(end, row)), ...);
        out.keys[row] = texts.keep_to(end);
        if (count >= kBehind) hash(written[count % kBehind]);
        written[count++ % kBehind] = row;
    });
    texts.finish();
    for (std::uint32_t i = 0; i < std::min(count, kBehind); ++i) hash(written[i]);
}

bool is_word(const Type& type) noexcept {
    return visit_physical(
        type.kind, []<class T>(std::type_identity<T>) { return std::is_same_v<T, std::int64_t>; });
}

// The value at the front of `key`, which is then shortened; false for NULL.
template <class T>
bool take_value(std::string_view& key, T& value) {
    VELO_ASSERT(!key.empty(), "a group key has a value for every column");
    const char tag = key.front();
    key.remove_prefix(kTagSize);
    if (tag == kNull) return false;
    const auto take = [&key]<class Fixed>(Fixed& into) {
        VELO_ASSERT(key.size() >= sizeof into, "a group key's value is whole");
        std::memcpy(&into, key.data(), sizeof into);
        key.remove_prefix(sizeof into);
    };
    if constexpr (std::is_same_v<T, std::string_view>) {
        std::uint32_t size = 0;
        take(size);
        VELO_ASSERT(key.size() >= size, "a group key's text is whole");
        value = key.substr(0, size);
        key.remove_prefix(size);
    } else {
        take(value);
    }
    return true;
}

// Whether a value of `type` stands at the front of `key`, which is then shortened.
bool skip_value(std::string_view& key, const Type& type) noexcept {
    if (key.empty() || (key.front() != kNull && key.front() != kValue)) return false;
    const bool is_null = key.front() == kNull;
    key.remove_prefix(kTagSize);
    if (is_null) return true;
    return visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        std::size_t size = sizeof(T);
        if constexpr (std::is_same_v<T, std::string_view>) {
            std::uint32_t text_size = 0;
            if (key.size() < kLengthSize) return false;
            std::memcpy(&text_size, key.data(), kLengthSize);
            size = kLengthSize + text_size;
        }
        if (key.size() < size) return false;
        if (type.is_nested() && !is_packed(type, key.substr(kLengthSize, size - kLengthSize)))
            return false;
        if constexpr (!std::is_same_v<T, std::string_view>) {
            T value{};
            std::memcpy(&value, key.data(), sizeof value);
            if constexpr (std::is_same_v<T, std::uint8_t>) {
                if (value > 1) return false;
            } else if constexpr (std::is_same_v<T, double>) {
                if (!std::isfinite(value)) return false;
            } else if constexpr (std::is_same_v<T, Int128>) {
                if (!fits_precision(value, kMaxDecimalDigits)) return false;
            }
        }
        key.remove_prefix(size);
        return true;
    });
}

// The hash of a key, but the shard of what it is routed by.
std::uint64_t with_shard(std::uint64_t hash, std::uint64_t route) noexcept {
    constexpr std::uint64_t kShardBits = kShards - 1;
    return (hash & ~kShardBits) | (route & kShardBits);
}

bool is_all(const std::vector<std::uint32_t>& route, std::size_t count) noexcept {
    for (std::size_t i = 0; i < route.size(); ++i) {
        if (route[i] != i) return false;
    }
    return route.size() == count;
}

}  // namespace

GroupKeyCodec::GroupKeyCodec(std::vector<Type> types,
                             std::optional<std::vector<std::uint32_t>> route)
    : types_(std::move(types)), route_(std::move(route)) {
    if (route_ && is_all(*route_, types_.size())) route_.reset();
    if (!route_) return;
    std::vector<Type> routed;
    for (const std::uint32_t value : *route_) routed.push_back(types_[value]);
    routed_.emplace_back(std::move(routed));
}

bool GroupKeyCodec::is_key(std::string_view bytes) const noexcept {
    for (const Type& type : types_) {
        if (!skip_value(bytes, type)) return false;
    }
    return bytes.empty();
}

std::uint64_t GroupKeyCodec::hash(std::string_view key) const {
    const std::uint64_t of_key = hash_bytes(key);
    if (!route_) return of_key;
    std::vector<std::string_view> values;
    values.reserve(types_.size());
    for (std::string_view rest = key; values.size() < types_.size();) {
        const std::string_view from = rest;
        if (!skip_value(rest, types_[values.size()])) return of_key;  // No key at all.
        values.push_back(from.substr(0, from.size() - rest.size()));
    }
    std::string routed;
    for (const std::uint32_t value : *route_) routed += values[value];
    return with_shard(of_key, hash_bytes(routed));
}

void GroupKeyCodec::encode(std::span<const Column* const> columns, std::uint32_t rows,
                           Selection selection, Arena& arena, std::vector<std::string_view>& keys,
                           std::vector<std::uint64_t>& hashes) const {
    VELO_ASSERT(columns.size() == types_.size(), "a group key has one column for each type");
    keys.resize(rows);
    hashes.resize(rows);
    const Keys out{keys, hashes, arena};
    if (types_.size() == 1 && types_[0].is_text()) {
        encode_rows(selection, out, KeyPart<std::string_view>(*columns[0]));
    } else if (types_.size() == 1 && is_word(types_[0])) {
        encode_rows(selection, out, KeyPart<std::int64_t>(*columns[0]));
    } else if (types_.size() == 2 && types_[0].is_text() && types_[1].is_text()) {
        encode_rows(selection, out, KeyPart<std::string_view>(*columns[0]),
                    KeyPart<std::string_view>(*columns[1]));
    } else {
        encode_rows(selection, out, AnyKeyParts(columns));
    }
    if (!route_) return;
    std::vector<const Column*> routed;
    for (const std::uint32_t value : *route_) routed.push_back(columns[value]);
    std::vector<std::string_view> routed_keys;
    std::vector<std::uint64_t> routes;
    routed_.front().encode(routed, rows, selection, arena, routed_keys, routes);
    selection.each([&](std::uint32_t row) { hashes[row] = with_shard(hashes[row], routes[row]); });
}

void GroupKeyCodec::decode(std::span<const std::string_view> keys,
                           std::span<Column> columns) const {
    VELO_ASSERT(columns.size() == types_.size(), "a group key has one column for each type");
    const auto rows = static_cast<std::uint32_t>(keys.size());
    for (std::size_t i = 0; i < types_.size(); ++i) columns[i].reset(types_[i], rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
        std::string_view key = keys[row];
        for (Column& column : columns) {
            visit_physical(column.type().kind, [&]<class T>(std::type_identity<T>) {
                T& value = column.values<T>()[row];
                value = T{};
                if (!take_value(key, value)) column.set_null(row);
            });
        }
        VELO_ASSERT(key.empty(), "a group key ends with its last value");
    }
}

}  // namespace velo::engine
