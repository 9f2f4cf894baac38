#include "engine/format/json_record.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "engine/base/time.hpp"
#include "engine/data/date.hpp"
#include "engine/data/decimal.hpp"
#include "engine/data/time_of_day.hpp"
#include "engine/format/base64.hpp"
#include "engine/format/json_fault_text.hpp"

namespace velo::engine {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool starts_number(char c) noexcept { return c == '-' || detail::is_digit(c); }

// A duration as the engine writes them, which may be below zero.
std::optional<std::int64_t> parse_interval(std::string_view text) {
    const bool negative = text.starts_with('-');
    const auto duration = parse_duration(negative ? text.substr(1) : text);
    if (!duration) return std::nullopt;
    return negative ? -duration->count() : duration->count();
}

}  // namespace

void JsonRecordReader::start(Batch& batch, TextRoom& texts) noexcept {
    texts_ = &texts;
    for (const auto& column : fields_.columns) {
        column->column = &batch.columns[column->index];
        column->values = column->column->values<std::byte>();
    }
}

const char* JsonRecordReader::begin(std::string_view payload, std::uint32_t row) {
    record_ = ++last_record_;
    row_ = row;
    record_row_ = row;
    values_read_ = 0;
    late_fault_ = false;
    const char* at = payload.data();
    if (payload.size() < kBlockSize) {
        at = short_record_.data() + kBlockSize;
        std::ranges::copy(payload, short_record_.begin() + kBlockSize);
    }
    scanner_ = JsonScanner(at, at + payload.size());
    return at;
}

JsonRecordReader::Outcome JsonRecordReader::read(std::string_view payload, std::uint32_t row) {
    const char* at = begin(payload, row);
    const char* const end = scanner_.end();
    if (*at != '{') {
        if (payload.starts_with(kByteOrderMark)) at += kByteOrderMark.size();
        at = scanner_.skip_space(at);
        if (at == end || *at != '{') {
            scanner_.fail(FaultCode::Malformed, at, "an object");
            structure_fault();
            return Outcome::Fault;
        }
    }
    at = read_object(fields_.root, at, 1);
    if (at == nullptr) return Outcome::Fault;
    if (at != end) {
        at = scanner_.skip_space(at);
        if (at != end) {
            scanner_.fail(FaultCode::Malformed, at, "nothing after the object");
            structure_fault();
            return Outcome::Fault;
        }
    }
    if (values_read_ != fields_.columns.size() && !fill_missing()) return Outcome::Fault;
    return late_fault_ ? Outcome::LateFault : Outcome::Read;
}

JsonRecordReader::Outcome JsonRecordReader::read_alone(std::string_view text, std::uint32_t row) {
    const char* at = begin(text, row);
    at = read_any(*fields_.columns.front(), scanner_.skip_space(at), 0);
    if (at == nullptr) return Outcome::Fault;
    at = scanner_.skip_space(at);
    if (at != scanner_.end()) {
        scanner_.fail(FaultCode::Malformed, at, "nothing after the value");
        structure_fault();
        return Outcome::Fault;
    }
    return late_fault_ ? Outcome::LateFault : Outcome::Read;
}

const char* JsonRecordReader::read_object(JsonObject& object, const char* at, unsigned depth) {
    const char* const end = scanner_.end();
    object.order.start();
    ++at;
    for (bool first = true;; first = false) {
        JsonField* field = nullptr;
        if (const MemberOrder::Slot* slot = object.order.match(at, end)) {
            at += slot->size;
            field = slot->field;
        } else {
            if (first) {
                const char* const close = scanner_.skip_space(at);
                if (close != end && *close == '}') return close + 1;
            }
            at = find_member(object, at, field);
            if (at == nullptr) return nullptr;
        }
        if (field != nullptr) {
            at = read_field(*field, at, depth);
            if (at == nullptr) return nullptr;
        } else {
            at = scanner_.skip_value(scanner_.skip_space(at), depth);
            if (at == nullptr) return structure_fault();
        }
        if (at != end && *at == ',') {
            ++at;
            continue;
        }
        at = scanner_.skip_space(at);
        if (at != end && *at == '}') return at + 1;
        if (at == end || *at != ',') {
            scanner_.fail(FaultCode::Malformed, at, "',' or '}'");
            return structure_fault();
        }
        ++at;
    }
}

// A member that does not look like one before it: reads its name and remembers how it looks.
const char* JsonRecordReader::find_member(JsonObject& object, const char* at, JsonField*& field) {
    const char* const start = at;
    const char* const end = scanner_.end();
    at = scanner_.skip_space(at);
    if (at == end || *at != '"') {
        scanner_.fail(FaultCode::Malformed, at, "a field name");
        return structure_fault();
    }
    bool escaped = false;
    const char* const quote = scanner_.string_end(at + 1, escaped);
    if (quote == nullptr) return structure_fault();
    field = field_named(object, {at + 1, static_cast<std::size_t>(quote - at) - 1}, escaped);
    at = scanner_.skip_space(quote + 1);
    if (at == end || *at != ':') {
        scanner_.fail(FaultCode::Malformed, at, "':'");
        return structure_fault();
    }
    at = scanner_.skip_space(at + 1);
    object.order.learn({start, static_cast<std::size_t>(at - start)}, field);
    return at;
}

JsonField* JsonRecordReader::field_named(const JsonObject& object, std::string_view name,
                                         bool escaped) {
    if (!escaped) return object.find(name);
    scratch_.resize(name.size());
    const char* const end = unescape_json(name, scratch_.data());
    if (end == nullptr)
        return nullptr;  // Half a surrogate pair is no text, so it is no declared name.
    return object.find({scratch_.data(), static_cast<std::size_t>(end - scratch_.data())});
}

[[gnu::always_inline]] inline const char* JsonRecordReader::read_field(JsonField& field,
                                                                       const char* at,
                                                                       unsigned depth) {
    if (field.record == record_) {  // A duplicate.
        at = scanner_.skip_value(scanner_.skip_space(at), depth);
        return at != nullptr ? at : structure_fault();
    }
    field.record = record_;
    return field.column != nullptr ? read_value(*field.column, at, depth)
                                   : read_inside(field, at, depth);
}

const char* JsonRecordReader::read_inside(JsonField& field, const char* at, unsigned depth) {
    const char* stop = nullptr;
    for (JsonColumn* column : field.columns) {
        stop = read_value(*column, at, depth);
        if (stop == nullptr) return nullptr;
    }
    if (!field.inside) return stop;
    at = scanner_.skip_space(at);
    if (at != scanner_.end() && *at == '{') {
        if (depth < kMaxJsonDepth) return read_object(*field.inside, at, depth + 1);
        scanner_.fail(FaultCode::TooDeep, at);
        return structure_fault();
    }
    stop = scanner_.check_value(at, depth);
    if (stop == nullptr) return structure_fault();
    return *at == 'n' ? stop : refuse_inside(*field.inside, at, stop);
}

[[gnu::always_inline]] inline const char* JsonRecordReader::read_value(JsonColumn& column,
                                                                       const char* at,
                                                                       unsigned depth) {
    if (at == scanner_.end()) {
        scanner_.fail(FaultCode::Malformed, at, "a value");
        return structure_fault();
    }
    ++values_read_;
    switch (column.type.kind) {
        case TypeKind::String:
            if (*at == '"') return read_string(column, at);
            break;
        case TypeKind::Bigint:
        case TypeKind::Double:
            if (starts_number(*at)) return read_number(column, at);
            break;
        case TypeKind::Decimal:
        case TypeKind::Timestamp:
            if (starts_number(*at)) return read_number(column, at);
            [[fallthrough]];
        case TypeKind::Bytes:
        case TypeKind::Date:
        case TypeKind::Interval:
        case TypeKind::Time:
            if (*at == '"') return read_converted(column, at);
            break;
        case TypeKind::Array:
            if (*at == '[') return read_nested(column, at, depth);
            break;
        case TypeKind::Map:
        case TypeKind::Struct:
            if (*at == '{') return read_nested(column, at, depth);
            break;
        case TypeKind::Boolean:
        case TypeKind::Null:
            break;
    }
    return read_other(column, at, depth);
}

const char* JsonRecordReader::read_any(JsonColumn& column, const char* at, unsigned depth) {
    return read_value(column, at, depth);
}

[[gnu::always_inline]] inline const char* JsonRecordReader::read_number(JsonColumn& column,
                                                                        const char* at) {
    const JsonNumber number = scan_number(at, scanner_.end());
    if (number.end == nullptr) {
        scanner_.fail(FaultCode::Malformed, at, "a number");
        return structure_fault();
    }
    const NumberFit fit = store(column, number, at);
    if (fit == NumberFit::Fits) return number.end;
    return refuse(column, at, number.end,
                  fit == NumberFit::Fraction ? FaultCode::WrongType : FaultCode::OutOfRange);
}

[[gnu::always_inline]] inline NumberFit JsonRecordReader::store(JsonColumn& column,
                                                                const JsonNumber& number,
                                                                const char* at) {
    switch (column.type.kind) {
        case TypeKind::Double:
            return to_double(number, at, slot<double>(column));
        case TypeKind::Decimal:
            return to_decimal(number, at, column.type, slot<Int128>(column));
        default:
            break;
    }
    auto& value = slot<std::int64_t>(column);
    const NumberFit fit = to_integer(number, value);
    if (column.type.kind == TypeKind::Bigint || fit != NumberFit::Fits) return fit;
    return __builtin_mul_overflow(value, column.micros, &value) ? NumberFit::OutOfRange
                                                                : NumberFit::Fits;
}

// Most strings end within a block, which is then copied whole.
[[gnu::always_inline]] inline const char* JsonRecordReader::read_string(JsonColumn& column,
                                                                        const char* at) {
    ++at;
    if (scanner_.end() - at < static_cast<std::ptrdiff_t>(kBlockSize))
        return read_long_string(column, at);
    const ByteBlock block = load_block(at);
    const std::uint32_t stops = string_stops(block);
    const int size = std::countr_zero(stops);
    if (stops == 0 || at[size] != '"') return read_long_string(column, at);
    char* const out = texts_->reserve(kBlockSize);
    store_block(out, block);
    put(column, texts_->keep_to(out + size));
    return at + size + 1;
}

const char* JsonRecordReader::read_long_string(JsonColumn& column, const char* at) {
    bool escaped = false;
    const char* const quote = scanner_.string_end(at, escaped);
    if (quote == nullptr) return structure_fault();
    const std::string_view text(at, static_cast<std::size_t>(quote - at));
    if (!escaped) {
        put(column, texts_->copy(text));
        return quote + 1;
    }
    char* const out = texts_->reserve(text.size());
    char* const end = unescape_json(text, out);
    if (end == nullptr) return refuse(column, at - 1, quote + 1, FaultCode::InvalidUtf8);
    put(column, texts_->keep_to(end));
    return quote + 1;
}

// A string that stands for a value of another type.
const char* JsonRecordReader::read_converted(JsonColumn& column, const char* at) {
    bool escaped = false;
    const char* const quote = scanner_.string_end(at + 1, escaped);
    if (quote == nullptr) return structure_fault();
    std::string_view text(at + 1, static_cast<std::size_t>(quote - at) - 1);
    if (escaped) {
        scratch_.resize(text.size());
        const char* const end = unescape_json(text, scratch_.data());
        if (end == nullptr) return refuse(column, at, quote + 1, FaultCode::InvalidUtf8);
        text = {scratch_.data(), static_cast<std::size_t>(end - scratch_.data())};
    }
    return convert(column, text) ? quote + 1 : refuse(column, at, quote + 1, FaultCode::WrongType);
}

bool JsonRecordReader::convert(JsonColumn& column, std::string_view text) {
    const auto take = [&](const auto& value) {
        if (value) put(column, *value);
        return value.has_value();
    };
    switch (column.type.kind) {
        case TypeKind::Decimal:
            return take(parse_decimal(text, column.type.precision, column.type.scale));
        case TypeKind::Date:
            return take(parse_date(text));
        case TypeKind::Interval:
            return take(parse_interval(text));
        case TypeKind::Time:
            return take(parse_time_of_day(text));
        case TypeKind::Timestamp: {
            const auto time = parse_rfc3339(text);
            if (time) put(column, std::int64_t{time->time_since_epoch().count()});
            return time.has_value();
        }
        default:
            break;
    }
    char* const end = read_base64(
        text, texts_->reserve(text.size() + 1));  // Null pointer is not room for nothing.
    if (end != nullptr) put(column, texts_->keep_to(end));
    return end != nullptr;
}

// Everything but the value the column hopes for: true and false, null, space before it, and what is wrong.
const char* JsonRecordReader::read_other(JsonColumn& column, const char* at, unsigned depth) {
    const char* const value = scanner_.skip_space(at);
    if (value != at) {
        --values_read_;
        return read_value(column, value, depth);
    }
    const char* const stop = scanner_.check_value(at, depth);
    if (stop == nullptr) return structure_fault();
    if (*at == 'n') {
        if (column.nullable) {
            column.column->set_null(row_);
            return stop;
        }
        const auto byte = at - scanner_.begin();
        return column_fault(
                   column, FaultCode::NotNullable,
                   fmt::format("is null at byte {}, but is declared nullable: false", byte))
                   ? stop
                   : nullptr;
    }
    if (column.type.kind == TypeKind::Boolean && (*at == 't' || *at == 'f')) {
        put(column, static_cast<std::uint8_t>(*at == 't' ? 1 : 0));
        return stop;
    }
    return refuse(column, at, stop, FaultCode::WrongType);
}

const char* JsonRecordReader::refuse(JsonColumn& column, const char* at, const char* end,
                                     FaultCode code) {
    const std::string found = found_value_text(scanner_, at, end);
    std::string text;
    if (code == FaultCode::OutOfRange) {
        text = fmt::format("{} does not fit {}", found, column.type.text());
    } else if (code == FaultCode::InvalidUtf8) {
        text = fmt::format("{} holds half a surrogate pair, which is no text", found);
    } else {
        text = fmt::format("expected {}, found {}", wanted_text(column.type), found);
    }
    return column_fault(column, code, std::move(text)) ? end : nullptr;
}

// No column inside an object can be read, for there is another value in its place.
const char* JsonRecordReader::refuse_inside(const JsonObject& object, const char* at,
                                            const char* end) {
    for (const auto& field : object.fields) {
        field->record = record_;
        for (JsonColumn* column : field->columns) {
            ++values_read_;
            std::string text = fmt::format("expected an object that holds '{}', found {}",
                                           field->name, found_value_text(scanner_, at, end));
            if (!column_fault(*column, FaultCode::WrongType, std::move(text))) return nullptr;
        }
        if (field->inside && refuse_inside(*field->inside, at, end) == nullptr) return nullptr;
    }
    return end;
}

bool JsonRecordReader::fill_missing() {
    for (const auto& column : fields_.columns) {
        if (column->field->record == record_) continue;
        if (column->nullable) {
            column->column->set_null(row_);
        } else if (!column_fault(*column, FaultCode::NotNullable,
                                 "is missing, but is declared nullable: false")) {
            return false;
        }
    }
    return true;
}

// False: the record ends here.
bool JsonRecordReader::column_fault(JsonColumn& column, FaultCode code, std::string text) {
    if (column.early || !late_fault_)
        fault_ = {record_row_, FaultStage::Decode, code,
                  fmt::format("column '{}': {}", column.name, text)};
    late_fault_ = true;
    if (!column.early) column.column->set_null(row_);
    return !column.early;
}

const char* JsonRecordReader::structure_fault() {
    fault_ = {record_row_, FaultStage::Decode, scanner_.fault().code,
              structure_fault_text(scanner_)};
    return nullptr;
}

}  // namespace velo::engine
