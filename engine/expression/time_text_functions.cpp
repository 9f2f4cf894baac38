// Times as texts and back, by patterns: TO_TIMESTAMP, TO_DATE, TO_TIME, FORMAT_TIMESTAMP, FORMAT_TIME.
#include "engine/data/calendar.hpp"
#include "engine/expression/cast.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/prepared_zone.hpp"
#include "engine/expression/signature.hpp"
#include "engine/expression/text_builder.hpp"
#include "engine/expression/time_format.hpp"

namespace velo::engine {

namespace {

struct PreparedFormat : Prepared {
    PreparedFormat(TimeFormat compiled, TimeZone found)
        : format(std::move(compiled)), zone(found) {}
    TimeFormat format;
    TimeZone zone;
};

const PreparedFormat& format_of(const KernelCall& call) {
    return static_cast<const PreparedFormat&>(*call.prepared);
}

void parse_timestamp(const KernelCall& call) {
    const PreparedFormat& prepared = format_of(call);
    check_unary<std::string_view, std::int64_t>(
        call, FaultCode::BadArgument, [&](std::string_view text, std::int64_t& out) {
            const auto time = prepared.format.parse(text);
            if (time) out = prepared.format.has_zone() ? *time : prepared.zone.instant_of(*time);
            return time.has_value();
        });
}

void parse_date(const KernelCall& call) {
    const TimeFormat& format = format_of(call).format;
    check_unary<std::string_view, std::int64_t>(call, FaultCode::BadArgument,
                                                [&](std::string_view text, std::int64_t& out) {
                                                    const auto time = format.parse(text);
                                                    if (time)
                                                        out = floor_divide(*time, kMicrosPerDay);
                                                    return time.has_value();
                                                });
}

void parse_time(const KernelCall& call) {
    const TimeFormat& format = format_of(call).format;
    check_unary<std::string_view, std::int64_t>(call, FaultCode::BadArgument,
                                                [&](std::string_view text, std::int64_t& out) {
                                                    const auto time = format.parse(text);
                                                    if (time)
                                                        out = floor_modulo(*time, kMicrosPerDay);
                                                    return time.has_value();
                                                });
}

void format_time(const KernelCall& call) {
    const TimeFormat& format = format_of(call).format;
    const Reader<std::int64_t> times(*call.args[0]);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        format.write(times.at(row), 0, text);
        return Built::Text;
    });
}

void format_timestamp(const KernelCall& call) {
    const PreparedFormat& prepared = format_of(call);
    const Reader<std::int64_t> times(*call.args[0]);
    ZoneClock clock(prepared.zone);
    build_texts(call, [&](std::uint32_t row, std::string& text) {
        std::int64_t local = 0;
        if (!to_local(clock, times.at(row), local)) return Built::TooLarge;
        prepared.format.write(local, clock.offset_at(times.at(row)), text);
        return Built::Text;
    });
}

Resolved with_literals(Resolved signature, Types types, Literals literals) {
    if (!signature) return signature;
    if (literals[1] == nullptr)
        return std::unexpected(
            std::string("wants its pattern as a literal; write 'yyyy-MM-dd HH:mm:ss'"));
    if (types.size() == 3 && literals[2] == nullptr)
        return std::unexpected(std::string(kZoneWanted));
    return signature;
}

PreparedResult prepare_format(Literals literals, TimeFormat::Use use) {
    for (const Value* literal : literals.subspan(1)) {
        if (literal->is_null()) return nullptr;  // Every answer is NULL.
    }
    auto format = TimeFormat::compile(std::get<std::string>(literals[1]->data), use);
    if (!format) return std::unexpected(format.error());
    const auto zone =
        TimeZone::find(literals.size() == 3 ? std::get<std::string>(literals[2]->data) : "UTC");
    if (!zone) return std::unexpected(zone.error());
    return std::make_shared<const PreparedFormat>(std::move(*format), *zone);
}

PreparedResult of_clock(PreparedResult prepared) {
    const bool has_day = prepared && *prepared &&
                         !static_cast<const PreparedFormat&>(**prepared).format.is_of_clock();
    if (!has_day) return prepared;
    return std::unexpected(std::string(
        "has a pattern with a day or a zone, which a TIME has not; write 'HH:mm:ss.SSS'"));
}

}  // namespace

Resolved resolve_to_timestamp(Types types, Literals literals) {
    if (types.size() == 1)
        return resolve_fixed(types, {kString}, kTimestamp, cast_kernel(kString, kTimestamp));
    return with_literals(
        resolve_optional(types, {kString, kString, kString}, 2, kTimestamp, parse_timestamp), types,
        literals);
}

Resolved resolve_to_date(Types types, Literals literals) {
    if (types.size() == 1)
        return resolve_fixed(types, {kString}, kDate, cast_kernel(kString, kDate));
    return with_literals(resolve_optional(types, {kString, kString}, 1, kDate, parse_date), types,
                         literals);
}

Resolved resolve_format_timestamp(Types types, Literals literals) {
    return with_literals(
        resolve_optional(types, {kTimestamp, kString, kString}, 1, kString, format_timestamp),
        types, literals);
}

Resolved resolve_to_time(Types types, Literals literals) {
    if (types.size() == 1)
        return resolve_fixed(types, {kString}, kTime, cast_kernel(kString, kTime));
    return with_literals(resolve_optional(types, {kString, kString}, 1, kTime, parse_time), types,
                         literals);
}

Resolved resolve_format_time(Types types, Literals literals) {
    return with_literals(resolve_fixed(types, {kTime, kString}, kString, format_time), types,
                         literals);
}

PreparedResult prepare_to_time(Types types, Literals literals) {
    auto prepared = prepare_to_timestamp(types, literals);
    if (literals.size() < 2 || literals[1]->is_null()) return prepared;
    return of_clock(std::move(prepared));
}

PreparedResult prepare_format_time(Types types, Literals literals) {
    return of_clock(prepare_format_timestamp(types, literals));
}

PreparedResult prepare_to_timestamp(Types, Literals literals) {
    if (literals.size() < 2) return nullptr;
    return prepare_format(literals, TimeFormat::Use::Parse);
}

PreparedResult prepare_format_timestamp(Types, Literals literals) {
    return prepare_format(literals, TimeFormat::Use::Write);
}

}  // namespace velo::engine
