// Times in time zones: AT TIME ZONE and its reverse, CONVERT_TZ, DATE_TRUNC in a zone.
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/prepared_zone.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

struct PreparedZones : Prepared {
    PreparedZones(TimeZone a, TimeZone b) : from(a), to(b) {}
    TimeZone from;
    TimeZone to;
};

void at_time_zone(const KernelCall& call) {
    ZoneClock clock(static_cast<const PreparedZone&>(*call.prepared).zone);
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::Overflow,
        [&](std::int64_t time, std::int64_t& out) { return to_local(clock, time, out); });
}

void from_local_time(const KernelCall& call) {
    const TimeZone& zone = static_cast<const PreparedZone&>(*call.prepared).zone;
    map_unary<std::int64_t, std::int64_t>(call,
                                          [&](std::int64_t time) { return zone.instant_of(time); });
}

void convert_tz(const KernelCall& call) {
    const auto& zones = static_cast<const PreparedZones&>(*call.prepared);
    ZoneClock clock(zones.to);
    check_unary<std::int64_t, std::int64_t>(
        call, FaultCode::Overflow, [&](std::int64_t time, std::int64_t& out) {
            return to_local(clock, zones.from.instant_of(time), out);
        });
}

Resolved resolve_zoned(Types types, Literals literals, std::vector<Type> wanted, Kernel kernel) {
    auto signature = resolve_fixed(types, std::move(wanted), kTimestamp, kernel);
    for (std::size_t i = 1; signature && i < types.size(); ++i) {
        if (literals[i] == nullptr) return std::unexpected(std::string(kZoneWanted));
    }
    return signature;
}

}  // namespace

Resolved resolve_at_time_zone(Types types, Literals literals) {
    return resolve_zoned(types, literals, {kTimestamp, kString}, at_time_zone);
}
Resolved resolve_from_local_time(Types types, Literals literals) {
    return resolve_zoned(types, literals, {kTimestamp, kString}, from_local_time);
}
Resolved resolve_convert_tz(Types types, Literals literals) {
    return resolve_zoned(types, literals, {kTimestamp, kString, kString}, convert_tz);
}

PreparedResult prepare_zone(Types, Literals literals) {
    if (literals[1]->is_null()) return nullptr;  // Every answer is NULL.
    const auto zone = TimeZone::find(std::get<std::string>(literals[1]->data));
    if (!zone) return std::unexpected(zone.error());
    return std::make_shared<const PreparedZone>(*zone);
}

PreparedResult prepare_zones(Types, Literals literals) {
    if (literals[1]->is_null() || literals[2]->is_null()) return nullptr;
    const auto from = TimeZone::find(std::get<std::string>(literals[1]->data));
    if (!from) return std::unexpected(from.error());
    const auto to = TimeZone::find(std::get<std::string>(literals[2]->data));
    if (!to) return std::unexpected(to.error());
    return std::make_shared<const PreparedZones>(*from, *to);
}

}  // namespace velo::engine
