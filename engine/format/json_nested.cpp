// The part of JsonRecordReader that reads arrays, and objects that are maps or structs, into one value each. Their parts are
// read as columns are, into a row of their own, so that every kind of value is taken as strictly as at the top.
#include <utility>

#include <fmt/format.h>

#include "engine/format/json_record.hpp"

namespace velo::engine {

// `at` is at the bracket; a part that was not what it should be is NULL, and the record has a fault.
const char* JsonRecordReader::read_nested(JsonColumn& column, const char* at, unsigned depth) {
    if (depth >= kMaxJsonDepth) {
        scanner_.fail(FaultCode::TooDeep, at);
        return structure_fault();
    }
    JsonNested& nested = *column.nested;
    nested.bytes.clear();
    const std::size_t values_read = values_read_;
    const std::uint64_t record = record_;
    const std::uint32_t row = std::exchange(row_, 0);
    const char* const start = at;
    if (column.type.kind == TypeKind::Array) {
        at = read_array(nested, at, depth + 1);
    } else if (column.type.kind == TypeKind::Map) {
        at = read_map(nested, at, depth + 1);
    } else {
        at = read_struct(nested, at, depth + 1);
    }
    row_ = row;
    record_ = record;
    values_read_ = values_read;
    if (at == nullptr) return nullptr;
    if (nested.bytes.size() > kMaxNestedBytes) {
        std::string text = fmt::format("the value at byte {} takes {} bytes; 16 MiB are the most",
                                       start - scanner_.begin(), nested.bytes.size());
        return column_fault(column, FaultCode::OutOfRange, std::move(text)) ? at : nullptr;
    }
    put(column, texts_->copy(nested.bytes));
    return at;
}

const char* JsonRecordReader::read_part(JsonNested::Part& part, const char* at, unsigned depth) {
    part.value.reset(part.reader.type, 1);
    return read_any(part.reader, scanner_.skip_space(at), depth);
}

// Behind an item: where the next one stands (`more`), or behind the closing bracket.
const char* JsonRecordReader::after_item(const char* at, char close, bool& more) {
    at = scanner_.skip_space(at);
    more = at != scanner_.end() && *at == ',';
    if (more || (at != scanner_.end() && *at == close)) return at + 1;
    scanner_.fail(FaultCode::Malformed, at, close == ']' ? "',' or ']'" : "',' or '}'");
    return structure_fault();
}

const char* JsonRecordReader::read_array(JsonNested& nested, const char* at, unsigned depth) {
    JsonNested::Part& part = *nested.parts.front();
    NestedWriter writer(nested.bytes);
    const std::size_t start = writer.begin();
    std::size_t count = 0;
    at = scanner_.skip_space(at + 1);
    bool more = at == scanner_.end() || *at != ']';
    if (!more) return at + 1;
    while (more) {
        at = read_part(part, at, depth);
        if (at == nullptr) return nullptr;
        writer.add(part.reader.type.kind, element_at(part.value, 0));
        ++count;
        at = after_item(at, ']', more);
        if (at == nullptr) return nullptr;
    }
    writer.end(start, count);
    return at;
}

const char* JsonRecordReader::read_map(JsonNested& nested, const char* at, unsigned depth) {
    JsonNested::Part& part = *nested.parts.front();
    std::string key;
    nested.entries.clear();
    at = scanner_.skip_space(at + 1);
    bool more = at == scanner_.end() || *at != '}';
    if (!more) ++at;
    while (more) {
        at = read_key(at, key);
        if (at == nullptr) return nullptr;
        at = read_part(part, at, depth);
        if (at == nullptr) return nullptr;
        nested.entries.add(key, part.reader.type.kind, element_at(part.value, 0));
        at = after_item(at, '}', more);
        if (at == nullptr) return nullptr;
    }
    static_cast<void>(nested.entries.finish(nested.bytes));  // Of duplicates the first counts.
    return at;
}

// A member's name, up to its value.
const char* JsonRecordReader::read_key(const char* at, std::string& key) {
    at = scanner_.skip_space(at);
    if (at == scanner_.end() || *at != '"') {
        scanner_.fail(FaultCode::Malformed, at, "a field name");
        return structure_fault();
    }
    bool escaped = false;
    const char* const quote = scanner_.string_end(at + 1, escaped);
    if (quote == nullptr) return structure_fault();
    key.assign(at + 1, quote);
    if (escaped) {
        const std::string_view written(at + 1, static_cast<std::size_t>(quote - at) - 1);
        const char* const end = unescape_json(written, key.data());
        if (end == nullptr) {
            scanner_.fail(FaultCode::Malformed, at, "a field name without half a surrogate pair");
            return structure_fault();
        }
        key.resize(static_cast<std::size_t>(end - key.data()));
    }
    at = scanner_.skip_space(quote + 1);
    if (at != scanner_.end() && *at == ':') return at + 1;
    scanner_.fail(FaultCode::Malformed, at, "':'");
    return structure_fault();
}

const char* JsonRecordReader::read_struct(JsonNested& nested, const char* at, unsigned depth) {
    for (const auto& part : nested.parts) part->value.reset(part->reader.type, 1);
    record_ = ++last_record_;
    const std::uint64_t record = record_;
    at = read_object(nested.members, at, depth);
    if (at == nullptr) return nullptr;
    NestedWriter writer(nested.bytes);
    for (const auto& part : nested.parts) {
        const bool met = part->reader.field->record == record;
        writer.add(part->reader.type.kind,
                   met ? element_at(part->value, 0) : Element{std::nullopt});
    }
    return at;
}

}  // namespace velo::engine
