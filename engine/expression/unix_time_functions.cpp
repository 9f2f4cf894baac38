// Times from numbers and back: FROM_UNIXTIME, UNIX_TIMESTAMP.
#include <array>

#include "engine/base/error.hpp"
#include "engine/data/calendar.hpp"
#include "engine/data/decimal.hpp"
#include "engine/expression/functions.hpp"
#include "engine/expression/kernel.hpp"
#include "engine/expression/signature.hpp"

namespace velo::engine {

namespace {

// Microseconds in one unit.
template <std::int64_t micros>
void from_bigint(const KernelCall& call) {
    check_unary<std::int64_t, std::int64_t>(call, FaultCode::Overflow,
                                            [](std::int64_t value, std::int64_t& out) {
                                                return !__builtin_mul_overflow(value, micros, &out);
                                            });
}

template <std::int64_t micros>
void from_decimal(const KernelCall& call) {
    const int scale = call.args[0]->type().scale;
    check_unary<Int128, std::int64_t>(
        call, FaultCode::Overflow, [scale](Int128 value, std::int64_t& out) {
            const auto time = decimal_multiply(value, scale, micros, 0, 0);
            if (!time) return false;
            out = static_cast<std::int64_t>(*time);
            return out == *time;
        });
}

template <std::int64_t micros>
void to_bigint(const KernelCall& call) {
    map_unary<std::int64_t, std::int64_t>(
        call, [](std::int64_t time) { return floor_divide(time, micros); });
}

struct UnixUnit {
    std::string_view name;
    Kernel from_bigint;
    Kernel from_decimal;
    Kernel to_bigint;
};

template <std::int64_t micros>
constexpr UnixUnit unit(std::string_view name) noexcept {
    return {name, from_bigint<micros>, from_decimal<micros>, to_bigint<micros>};
}

constexpr std::array kUnits{unit<kMicrosPerSecond>("s"), unit<1'000>("ms"), unit<1>("us")};

// The unit that the second argument names, seconds without one.
std::expected<const UnixUnit*, std::string> find_unit(Types types, Literals literals) {
    if (types.empty() || types.size() > 2) return std::unexpected(wrong_count(1, 2, types.size()));
    if (types.size() == 1) return &kUnits[0];
    if (literals[1] != nullptr && literals[1]->type == kString && !literals[1]->is_null()) {
        for (const UnixUnit& known : kUnits) {
            if (equals_ignoring_case(known.name, std::get<std::string>(literals[1]->data)))
                return &known;
        }
    }
    return std::unexpected(std::string("does not know that unit; it is one of 's', 'ms', 'us'"));
}

}  // namespace

Resolved resolve_from_unixtime(Types types, Literals literals) {
    const auto found = find_unit(types, literals);
    if (!found) return std::unexpected(found.error());
    const bool is_bigint = types[0] == kBigint || types[0].kind == TypeKind::Null;
    if (!is_bigint && !types[0].is_numeric())
        return std::unexpected(wrong_types("a number", types.first(1)));
    const Type number = is_bigint             ? kBigint
                        : types[0] == kDouble ? decimal_type(kMaxDecimalDigits, 6)
                                              : types[0];
    Signature signature{.args = {number},
                        .result = kTimestamp,
                        .kernel = is_bigint ? (*found)->from_bigint : (*found)->from_decimal};
    if (types.size() == 2) signature.args.push_back(kString);
    return signature;
}

Resolved resolve_unix_timestamp(Types types, Literals literals) {
    if (types.empty())
        return std::unexpected(
            std::string("without an argument is the time of day, which no answer may depend on; "
                        "use _timestamp"));
    const auto found = find_unit(types, literals);
    if (!found) return std::unexpected(found.error());
    return resolve_optional(types, {kTimestamp, kString}, 1, kBigint, (*found)->to_bigint);
}

}  // namespace velo::engine
