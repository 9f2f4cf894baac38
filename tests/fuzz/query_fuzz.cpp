// Any bytes as SQL: they are refused with an Error whose places lie in the text, or bound, explained, and run over a few rows.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/base/error.hpp"
#include "tests/fuzz/sources.hpp"
#include "tests/support/logic_run.hpp"

namespace {

using namespace velo::engine;

constexpr std::size_t kLongest = 2000;

const BindOptions& options() {
    static const BindOptions kOptions{
        .sources = {all_types("s"), declared("trades", {{"at", "TIMESTAMP"},
                                                        {"symbol", "STRING"},
                                                        {"price", "DOUBLE"},
                                                        {"quantity", "BIGINT"}})},
        .bounded = true};
    return kOptions;
}

// What makes much of little takes as long as it is told to: such queries are only bound.
bool is_modest(std::string sql) {
    std::ranges::transform(sql, sql.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return std::ranges::none_of(
        std::array{"SEQUENCE", "GENERATE_SERIES", "REPEAT", "PAD", "SPACE", "HOPPING", "HOP("},
        [&](const char* word) { return sql.find(word) != std::string::npos; });
}

constexpr std::array<std::array<const char*, 3>, 2> kRows{
    {{R"({"ts":0,"k":"a","b":true,"i":7,"d":0.5,"p":12.345,"x":"AQI=","day":"2024-02-29","clock":"23:59:59",)"
      R"("gap":"1m30s","tags":["x",null],"prices":{"eur":1.5},"who":{"name":"n","at":{"city":"c","no":1}}})",
      R"({"ts":61000,"k":"{\"a\":[1,\"é\"]}","b":false,"i":-9223372036854775808,"d":-1e300,"p":-999999999.999,"x":"",)"
      R"("day":"0001-01-01","clock":"00:00","gap":"-5m","tags":[],"prices":{},"who":{}})",
      R"({"ts":-86400000000})"},
     {R"({"at":0,"symbol":"A","price":1e308,"quantity":9223372036854775807})",
      R"({"at":3600000,"symbol":"größe","price":-0.0,"quantity":-1})", R"({"at":3600001})"}}};

void run(const Plan& plan) {
    const auto inputs = static_cast<std::uint32_t>(plan.input_count());
    LogicRun run(plan, {.pipelines = 2, .batch_rows = 2}, std::vector<std::uint32_t>(inputs, 1));
    for (std::uint32_t input = 0; input < inputs; ++input) {
        std::vector<RecordLiteral> records;
        for (const char* row : kRows[plan.input(input).name == "s" ? 0 : 1])
            records.push_back({.key = "key", .value = row, .timestamp = 5});
        static_cast<void>(run.push(input, 0, records));
    }
    static_cast<void>(run.finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > kLongest) return -1;
    const std::string sql(reinterpret_cast<const char*>(data), size);
    try {
        const Plan plan = bind_query(sql, options());
        VELO_ASSERT(!explain_text(plan).empty() && !explain_json(plan).empty(), "it is explained");
        if (is_modest(sql)) run(plan);
    } catch (const velo::Error& error) {
        const auto lines = 1 + std::ranges::count(sql, '\n');
        for (const velo::Mistake& mistake : error.mistakes())
            VELO_ASSERT(mistake.place.line >= 1 && mistake.place.line <= lines,
                        "a mistake lies in the text");
    }
    return 0;
}
