// CAST of nested values: an array to an array and a map to a map element by element, a struct to a struct of as many fields
// one after the other, whatever their names; any of them to a STRING as JSON, and back. A part that does not convert is the fault of
// the whole value.
#include <algorithm>
#include <vector>

#include "engine/data/nested.hpp"
#include "engine/expression/cast.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/format/json_value_reader.hpp"
#include "engine/format/json_value_writer.hpp"

namespace velo::engine {

namespace {

// One part of all values, side by side: what it was, and what it becomes.
struct FlatPart {
    Column in;
    Column out;
    std::vector<std::uint32_t> owners;   // The row of the value that each belongs to.
    std::vector<std::uint32_t> present;  // Those that are not NULL.
};

// Calls `visit(part number, element)` for all parts of a value in order.
template <class Visit>
void each_part(const Type& type, std::string_view bytes, Visit&& visit) {
    const std::span<const TypePart> parts = type.parts.all();
    if (type.kind == TypeKind::Struct) {
        ElementReader reader(bytes);
        for (std::size_t i = 0; i < parts.size(); ++i) visit(i, reader.next(parts[i].type.kind));
    } else if (type.kind == TypeKind::Array) {
        each_element(bytes, type.element().kind,
                     [&](const Element& element) { visit(0, element); });
    } else {
        each_entry(bytes, type.element().kind,
                   [&](std::string_view, const Element& value) { visit(0, value); });
    }
}

void convert(FlatPart& part, const KernelCall& call, std::vector<std::uint32_t>& failed) {
    const Type& to = part.out.type();
    if (part.in.type() == to) {
        std::swap(part.in, part.out);
        return;
    }
    if (part.in.has_nulls()) {
        std::uint8_t* valid = part.out.track_nulls();
        std::copy_n(part.in.validity(), part.owners.size(), valid);
    }
    if (part.present.empty()) return;
    const Column* const arg = &part.in;
    CallFaults faults;
    cast_kernel(part.in.type(),
                to)({{&arg, 1}, Selection(part.present), part.out, call.arena, faults, nullptr});
    for (const CallFaults::Entry& fault : faults.entries())
        failed.push_back(part.owners[fault.row]);
}

void rebuild(const Type& from, const Type& to, std::string_view value,
             const std::vector<FlatPart>& parts, std::vector<std::uint32_t>& next,
             std::string& out) {
    NestedWriter writer(out);
    const auto take = [&](std::size_t part) { return element_at(parts[part].out, next[part]++); };
    if (from.kind == TypeKind::Map) {
        MapWriter entries;
        each_entry(value, from.element().kind, [&](std::string_view key, const Element&) {
            entries.add(key, to.element().kind, take(0));
        });
        static_cast<void>(entries.finish(out));
        return;
    }
    const bool is_array = from.kind == TypeKind::Array;
    const std::size_t start = is_array ? writer.begin() : 0;
    std::size_t count = 0;
    each_part(from, value, [&](std::size_t part, const Element&) {
        writer.add(to.parts.all()[part].type.kind, take(part));
        ++count;
    });
    if (is_array) writer.end(start, count);
}

void nested_to_nested(const KernelCall& call) {
    const Type& from = call.args[0]->type();
    const Type& to = call.out.type();
    const Reader<std::string_view> values(*call.args[0]);
    std::vector<FlatPart> parts(from.parts.all().size());
    call.rows.each([&](std::uint32_t row) {
        each_part(from, values.at(row), [&](std::size_t part, const Element& element) {
            if (element)
                parts[part].present.push_back(
                    static_cast<std::uint32_t>(parts[part].owners.size()));
            parts[part].owners.push_back(row);
        });
    });
    std::vector<std::uint32_t> next(parts.size(), 0);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto count = static_cast<std::uint32_t>(parts[i].owners.size());
        parts[i].in.reset(from.parts.all()[i].type, count);
        parts[i].out.reset(to.parts.all()[i].type, count);
    }
    call.rows.each([&](std::uint32_t row) {
        each_part(from, values.at(row), [&](std::size_t part, const Element& element) {
            put_element(parts[part].in, next[part]++, element);
        });
    });
    std::vector<std::uint32_t> failed;
    for (FlatPart& part : parts) convert(part, call, failed);
    std::ranges::sort(failed);
    const auto repeats = std::ranges::unique(failed);
    failed.erase(repeats.begin(), repeats.end());
    std::ranges::fill(next, 0);
    build_texts(call, [&](std::uint32_t row, std::string& bytes) {
        if (std::ranges::binary_search(failed, row)) {  // Its parts hold anything.
            each_part(from, values.at(row),
                      [&](std::size_t part, const Element&) { ++next[part]; });
            return Built::Null;
        }
        rebuild(from, to, values.at(row), parts, next, bytes);
        return Built::Text;
    });
    for (const std::uint32_t row : failed) call.faults.add(row, FaultCode::BadCast);
}

void nested_to_string(const KernelCall& call) {
    const Type& type = call.args[0]->type();
    const Reader<std::string_view> values(*call.args[0]);
    JsonValueWriter writer(TimestampStyle::Rfc3339);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        const std::string_view value = values.at(row);
        text.resize(kJsonValueSize + JsonValueWriter::text_size(type, value));
        const char* const end = writer.write(text.data(), ElementCell(type, value));
        text.resize(static_cast<std::size_t>(end - text.data()));
        return Built::Text;
    });
}

void string_to_nested(const KernelCall& call) {
    const Reader<std::string_view> texts(*call.args[0]);
    JsonValueReader reader(call.out.type(), call.arena);
    call.rows.each([&](std::uint32_t row) {
        if (!reader.read(texts.at(row), call.out, row)) call.faults.add(row, FaultCode::BadCast);
    });
}

}  // namespace

Kernel nested_cast_kernel(const Type& from, const Type& to) noexcept {
    if (from.kind == TypeKind::String) return to.is_nested() ? string_to_nested : nullptr;
    if (to.kind == TypeKind::String) return from.is_nested() ? nested_to_string : nullptr;
    const auto parts = from.parts.all();
    const auto into = to.parts.all();
    const bool same = from.kind == to.kind && parts.size() == into.size() &&
                      std::ranges::equal(parts, into, [](const TypePart& a, const TypePart& b) {
                          return a.type == b.type || can_cast(a.type, b.type);
                      });
    return same ? nested_to_nested : nullptr;
}

}  // namespace velo::engine
