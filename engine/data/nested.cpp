#include "engine/data/nested.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/assert.hpp"
#include "engine/data/decimal.hpp"

namespace velo::engine {

namespace {

constexpr char kNull = 0;
constexpr char kValue = 1;
constexpr std::size_t kSizeBytes = sizeof(std::uint32_t);
constexpr int kDeepest = 64;

bool is_text_kind(TypeKind kind) noexcept {
    return visit_physical(
        kind, []<class T>(std::type_identity<T>) { return std::is_same_v<T, std::string_view>; });
}

std::size_t fixed_size(TypeKind kind) noexcept {
    return visit_physical(kind, []<class T>(std::type_identity<T>) { return sizeof(T); });
}

void append_size(std::string& out, std::size_t size) {
    const auto narrow = static_cast<std::uint32_t>(size);
    out.append(reinterpret_cast<const char*>(&narrow), kSizeBytes);
}

void write_size(std::string& out, std::size_t at, std::size_t size) noexcept {
    const auto narrow = static_cast<std::uint32_t>(size);
    std::memcpy(out.data() + at, &narrow, kSizeBytes);
}

// Reads bytes that may be anything.
class Checker {
public:
    explicit Checker(std::string_view bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] bool is_value(const Type& type, int depth) noexcept {
        if (depth > kDeepest) return false;
        if (type.kind == TypeKind::Struct) {
            return std::ranges::all_of(type.parts.all(), [&](const TypePart& field) {
                return is_element(field.type, depth);
            });
        }
        std::uint32_t count = 0;
        if (!take_size(count)) return false;
        std::optional<std::string_view> last;
        for (; count > 0; --count) {
            if (type.kind == TypeKind::Map && !is_key(last)) return false;
            if (!is_element(type.element(), depth)) return false;
        }
        return true;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    // Keys are not NULL and grow.
    bool is_key(std::optional<std::string_view>& last) noexcept {
        std::string_view key;
        if (rest_.empty() || rest_.front() != kValue) return false;
        rest_.remove_prefix(1);
        if (!take_text(key) || (last && *last >= key)) return false;
        last = key;
        return true;
    }
    bool is_element(const Type& type, int depth) noexcept {
        if (rest_.empty()) return false;
        const char tag = rest_.front();
        rest_.remove_prefix(1);
        if (tag == kNull) return true;
        if (tag != kValue || type.kind == TypeKind::Null) return false;
        if (is_text_kind(type.kind)) {
            std::string_view text;
            if (!take_text(text)) return false;
            if (!type.is_nested()) return true;
            Checker inside(text);
            return inside.is_value(type, depth + 1) && inside.at_end();
        }
        const std::size_t size = fixed_size(type.kind);
        if (rest_.size() < size) return false;
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        if (type.kind == TypeKind::Boolean) return element_as<std::uint8_t>(bytes) <= 1;
        if (type.kind == TypeKind::Double) return std::isfinite(element_as<double>(bytes));
        return type.kind != TypeKind::Decimal ||
               fits_precision(element_as<Int128>(bytes), kMaxDecimalDigits);
    }
    bool take_size(std::uint32_t& size) noexcept {
        if (rest_.size() < kSizeBytes) return false;
        std::memcpy(&size, rest_.data(), kSizeBytes);
        rest_.remove_prefix(kSizeBytes);
        return true;
    }
    bool take_text(std::string_view& text) noexcept {
        std::uint32_t size = 0;
        if (!take_size(size) || rest_.size() < size) return false;
        text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

std::string_view ElementReader::take(std::size_t size) noexcept {
    VELO_ASSERT(rest_.size() >= size, "a nested value is whole");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

std::uint32_t ElementReader::take_size() noexcept {
    return element_as<std::uint32_t>(take(kSizeBytes));
}

Element ElementReader::next(TypeKind kind) noexcept {
    if (take(1).front() == kNull) return std::nullopt;
    return take(is_text_kind(kind) ? take_size() : fixed_size(kind));
}

std::uint32_t element_count(std::string_view bytes) noexcept {
    std::uint32_t count = 0;
    static_cast<void>(ElementReader(bytes, count));
    return count;
}

std::size_t NestedWriter::begin() {
    const std::size_t start = out_.size();
    append_size(out_, 0);
    return start;
}

void NestedWriter::end(std::size_t start, std::size_t count) { write_size(out_, start, count); }

void NestedWriter::add(TypeKind kind, const Element& element) {
    if (!element) {
        out_ += kNull;
        return;
    }
    out_ += kValue;
    if (is_text_kind(kind)) append_size(out_, element->size());
    out_ += *element;
}

std::size_t NestedWriter::open() {
    out_ += kValue;
    return begin();
}

void NestedWriter::close(std::size_t start) {
    write_size(out_, start, out_.size() - start - kSizeBytes);
}

void MapWriter::clear() noexcept {
    bytes_.clear();
    entries_.clear();
}

void MapWriter::add(std::string_view key, TypeKind kind, const Element& value) {
    Entry& entry = entries_.emplace_back();
    entry.start = bytes_.size();
    entry.key_size = key.size();
    NestedWriter writer(bytes_);
    writer.add(TypeKind::String, key);
    writer.add(kind, value);
    entry.end = bytes_.size();
}

std::string_view MapWriter::key_of(const Entry& entry) const noexcept {
    return std::string_view(bytes_).substr(entry.start + 1 + kSizeBytes, entry.key_size);
}

bool MapWriter::finish(std::string& out) {
    const auto by_key = [this](const Entry& entry) { return key_of(entry); };
    std::ranges::stable_sort(entries_, {}, by_key);
    const auto repeats = std::ranges::unique(entries_, {}, by_key);
    const bool unique = repeats.empty();
    entries_.erase(repeats.begin(), repeats.end());
    append_size(out, entries_.size());
    for (const Entry& entry : entries_) out.append(bytes_, entry.start, entry.end - entry.start);
    return unique;
}

Element element_at(const Column& column, std::uint32_t row) noexcept {
    if (column.type().kind == TypeKind::Null || column.is_null(row)) return std::nullopt;
    return visit_physical(column.type().kind, [&]<class T>(std::type_identity<T>) {
        const T* value = column.values<T>() + column.slot(row);
        if constexpr (std::is_same_v<T, std::string_view>) {
            return *value;
        } else {
            static constexpr T kZero{};  // -0.0 is 0.0.
            const T* const normal = *value == kZero ? &kZero : value;
            return std::string_view(reinterpret_cast<const char*>(normal), sizeof(T));
        }
    });
}

void put_element(Column& column, std::uint32_t row, const Element& element) {
    visit_physical(column.type().kind, [&]<class T>(std::type_identity<T>) {
        T& value = column.values<T>()[column.slot(row)];
        value = element ? element_as<T>(*element) : T{};
        if (!element) column.set_null(row);
    });
}

Value element_value(const Type& type, const Element& element) {
    Value value{type, {}};
    if (!element) return value;
    visit_physical(type.kind, [&]<class T>(std::type_identity<T>) {
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            value.data = element_as<T>(*element) != 0;
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            value.data = std::string(*element);
        } else {
            value.data = element_as<T>(*element);
        }
    });
    return value;
}

bool is_packed(const Type& type, std::string_view bytes) noexcept {
    Checker checker(bytes);
    return checker.is_value(type, 0) && checker.at_end();
}

std::string nested_sql(const Type& type, std::string_view bytes) {
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    switch (type.kind) {
        case TypeKind::Array:
            each_element(bytes, type.element().kind, [&](const Element& element) {
                add(element_value(type.element(), element).sql());
            });
            return "ARRAY[" + out + "]";
        case TypeKind::Map:
            each_entry(bytes, type.element().kind, [&](std::string_view key, const Element& value) {
                add(Value{kString, std::string(key)}.sql());
                add(element_value(type.element(), value).sql());
            });
            return "MAP(" + out + ")";
        default:
            break;
    }
    ElementReader reader(bytes);
    for (const TypePart& field : type.parts.all()) {
        const Value value = element_value(field.type, reader.next(field.type.kind));
        add(field.name + " := " + value.sql());
    }
    return "STRUCT(" + out + ")";
}

}  // namespace velo::engine
