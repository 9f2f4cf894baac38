#include "engine/pipeline/unnest_stage.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "engine/pipeline/read_stage.hpp"
#include "tests/engine/plan/fixture.hpp"

namespace velo::engine {
namespace {

/// Reads records until all are read, as a reader does.
class Reading {
public:
    explicit Reading(std::string_view sql)
        : plan_(bind_query(sql, options())),
          stage_(plan_, make_json_decoder(plan_.source, names_)) {
        stage_.add(SourcePartition{0});
    }

    /// How many records each batch takes; what became of them is summed up.
    std::vector<std::size_t> read(const std::vector<std::string>& texts) {
        std::vector<RawRecord> records;
        for (const std::string& text : texts) {
            RawRecord& record = records.emplace_back();
            record.value = text;
            record.has_value = true;
            record.timestamp = 0;
        }
        std::vector<std::size_t> taken;
        for (std::span<const RawRecord> rest = records; !rest.empty();) {
            taken.push_back(stage_.read(rest, batch_, outcome_));
            rest = rest.subspan(taken.back());
            rows += outcome_.accepted.size();
            counted += batch_.records_among(Selection(outcome_.accepted));
            filtered += outcome_.filtered;
            for (const RowFault& fault : outcome_.faults.all()) faults.push_back(fault.text);
        }
        return taken;
    }

    std::size_t rows = 0;
    std::size_t counted = 0;
    std::size_t filtered = 0;
    std::vector<std::string> faults;

private:
    static BindOptions options() {
        BindOptions options;
        options.sources = {declared("o", {field("id", kBigint), field("t", kString)})};
        return options;
    }

    Plan plan_;
    std::vector<PartitionName> names_{{"memory", 0}};
    ReadStage stage_;
    Batch batch_;
    ReadOutcome outcome_;
};

using Sizes = std::vector<std::size_t>;

constexpr const char* kNumbers = "SELECT id, t, n FROM o CROSS JOIN UNNEST(SEQUENCE(1, id)) AS n";

std::string record(int id, std::size_t text_bytes = 0) {
    return fmt::format(R"({{"id":{},"t":"{}"}})", id, std::string(text_bytes, 'x'));
}

TEST_CASE("a batch ends before the record whose rows do not fit, which the next one begins with",
          "[pipeline][unnest]") {
    Reading reading(kNumbers);
    CHECK(reading.read({record(40'000), record(0), record(30'000), record(5), record(60'000)}) ==
          Sizes{2, 2, 1});
    CHECK(reading.rows == 130'005);
    CHECK(reading.counted == 4);
    CHECK(reading.filtered == 1);
    // What fits is found out again, in steps.
    Sizes taken = reading.read(std::vector<std::string>(64, record(1)));
    CHECK(taken.size() < 10);
    CHECK(taken.back() > 2);
    CHECK(reading.counted == 68);
}

TEST_CASE("faults and filtered records behind the end of a batch are told with the next one",
          "[pipeline][unnest]") {
    Reading reading(kNumbers);
    CHECK(reading.read({record(60'000), "{", record(60'000), "{", R"({"id":1,"t":5})",
                        record(0)}) == Sizes{2, 2, 2});
    CHECK(reading.counted == 2);
    CHECK(reading.filtered == 1);
    CHECK(reading.faults.size() == 3);
}

TEST_CASE("a record of more than a million rows is a fault, alone", "[pipeline][unnest]") {
    Reading reading(
        "SELECT n, m FROM o CROSS JOIN UNNEST(SEQUENCE(1, id)) AS n CROSS JOIN "
        "UNNEST(SEQUENCE(1, id)) AS m");
    reading.read({record(2), record(1001), record(1000), record(3)});
    CHECK(reading.rows == 4 + 1'000'000 + 9);
    CHECK(reading.counted == 3);
    CHECK(reading.faults ==
          std::vector<std::string>{"UNNEST of 'SEQUENCE(1, id)' makes too much of the record; at "
                                   "most 1000000 rows, which carry 256 MiB of texts, come of one"});
}

TEST_CASE("the texts that rows carry are bounded, too", "[pipeline][unnest]") {
    Reading reading(kNumbers);
    CHECK(reading.read({record(40'000, 1024), record(40'000, 1024)}) == Sizes{1, 1});
    CHECK(reading.faults.empty());
    reading.read({record(300'000, 1024)});
    CHECK(reading.faults.size() == 1);
    // What nothing reads behind UNNEST is not carried.
    Reading numbers("SELECT n FROM o CROSS JOIN UNNEST(SEQUENCE(1, id + LENGTH(t))) AS n");
    CHECK(numbers.read({record(20'000, 4096), record(20'000, 4096)}) == Sizes{2});
    CHECK(numbers.faults.empty());
}

}  // namespace
}  // namespace velo::engine
