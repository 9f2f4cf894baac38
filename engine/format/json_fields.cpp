#include "engine/format/json_fields.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/format/json_path.hpp"

namespace velo::engine {

namespace {

std::int64_t micros_of_unit(std::string_view unit) noexcept {
    if (unit == "s") return 1'000'000;
    return unit == "us" ? 1 : 1'000;
}

std::vector<std::string> path_of(const Field& field) {
    if (field.path.empty()) return {field.name};
    auto path = parse_json_path(field.path);
    if (!path) throw Error(Place{}, fmt::format("column '{}': {}", field.name, path.error()));
    return *std::move(path);
}

JsonField& field_at(JsonObject& root, const std::vector<std::string>& path) {
    JsonObject* object = &root;
    JsonField* field = nullptr;
    for (const std::string& name : path) {
        if (field != nullptr) {
            if (!field->inside) field->inside = std::make_unique<JsonObject>();
            object = field->inside.get();
        }
        field = object->find(name);
        if (field == nullptr) {
            field = object->fields.emplace_back(std::make_unique<JsonField>()).get();
            field->name = name;
        }
    }
    return *field;
}

std::unique_ptr<JsonNested> nested_of(const JsonColumn& column) {
    if (!column.type.is_nested()) return nullptr;
    const bool is_struct = column.type.kind == TypeKind::Struct;
    auto nested = std::make_unique<JsonNested>();
    for (const TypePart& declared : column.type.parts.all()) {
        JsonNested::Part& part = *nested->parts.emplace_back(std::make_unique<JsonNested::Part>());
        part.value.reset(declared.type, 1);
        JsonColumn& reader = part.reader;
        reader.name = is_struct ? column.name + "." + declared.name : column.name + "[]";
        reader.type = declared.type;
        reader.early = column.early;
        reader.micros = column.micros;
        reader.column = &part.value;
        reader.values = part.value.values<std::byte>();
        reader.nested = nested_of(reader);
        if (!is_struct) continue;
        JsonField& field = *nested->members.fields.emplace_back(std::make_unique<JsonField>());
        field.name = declared.name;
        field.column = &reader;
        reader.field = &field;
    }
    return nested;
}

void note_single_columns(JsonObject& object) {
    for (const auto& field : object.fields) {
        if (field->columns.size() == 1 && !field->inside) field->column = field->columns.front();
        if (field->inside) note_single_columns(*field->inside);
    }
}

}  // namespace

JsonColumn::JsonColumn() = default;
JsonColumn::~JsonColumn() = default;

JsonField* JsonObject::find(std::string_view name) const noexcept {
    for (const auto& field : fields) {
        if (field->name == name) return field.get();
    }
    return nullptr;
}

void MemberOrder::learn(std::string_view bytes, JsonField* field) {
    if (bytes.size() > kNameBytes) return;
    Slot slot;
    std::ranges::copy(bytes, slot.bytes.begin());
    slot.size = static_cast<std::uint32_t>(bytes.size());
    slot.first_block = bytes.size() >= kBlockSize ? 0xFFFFU : (1U << bytes.size()) - 1;
    slot.field = field;
    if (slots_.size() < kSlots) {
        slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(next_), slot);
    } else {
        if (next_ == kSlots) next_ = 0;
        slots_[next_] = slot;
    }
    ++next_;
}

bool MemberOrder::stands_at_slowly(const Slot& slot, const char* at, const char* end) noexcept {
    return end - at >= static_cast<std::ptrdiff_t>(slot.size) &&
           std::memcmp(at, slot.bytes.data(), slot.size) == 0;
}

// A member that may be missing was, or the order is another one.
const MemberOrder::Slot* MemberOrder::match_any(const char* at, const char* end) noexcept {
    for (std::size_t i = 1; i <= slots_.size(); ++i) {
        const std::size_t place = (next_ + i) % slots_.size();
        if (!stands_at(slots_[place], at, end)) continue;
        next_ = place + 1;
        return &slots_[place];
    }
    return nullptr;
}

JsonFields json_fields(const SourcePlan& plan) {
    JsonFields result;
    for (std::uint32_t i = 0; i < plan.columns.size(); ++i) {
        const SourceColumn& source = plan.columns[i];
        if (source.origin != ColumnOrigin::Field) continue;
        const Field& declared = plan.declared[source.field];
        JsonColumn& column = *result.columns.emplace_back(std::make_unique<JsonColumn>());
        column.name = declared.name;
        column.type = source.type;
        column.nullable = declared.nullable;
        column.early = source.early || plan.event_time_column == i;
        column.micros = micros_of_unit(declared.time_unit);
        column.index = i;
        column.nested = nested_of(column);
        column.field = &field_at(result.root, path_of(declared));
        column.field->columns.push_back(&column);
    }
    note_single_columns(result.root);
    return result;
}

}  // namespace velo::engine
