// Any bytes as JSON records, a line each: what decodes is written in a form that decodes to the same again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/read_stage.hpp"
#include "tests/fuzz/sources.hpp"

namespace {

using namespace velo;
using namespace velo::engine;

const std::vector<PartitionName> kPartitions{{"topic", 0}};  // Decoders keep a reference.

std::vector<Plan> make_plans() {
    SourceDeclaration paths =
        declared("s", {{"at", "TIMESTAMP"}, {"a", "BIGINT"}, {"b", "STRING"}});
    paths.schema[0].time_unit = "us";
    paths.schema[1].path = "$.deep.er.n";
    paths.schema[2].path = "$.deep.b";
    const SourceDeclaration nested = declared(
        "s",
        {{"at", "TIMESTAMP"},
         {"items", "ARRAY<STRUCT<sku STRING, n BIGINT, at TIMESTAMP, sub ARRAY<ARRAY<DOUBLE>>>>"},
         {"by", "MAP<STRING, MAP<STRING, ARRAY<DECIMAL(20,5)>>>"},
         {"b", "ARRAY<BYTES>"},
         {"t", "STRUCT<d DATE, c TIME, g INTERVAL, ok BOOLEAN>"}});
    std::vector<Plan> plans;
    plans.push_back(bind_query("SELECT * FROM s", {.sources = {all_types("s")}}));
    plans.push_back(bind_query("SELECT * FROM s", {.sources = {nested}}));
    plans.push_back(bind_query("SELECT at, a, b FROM s WHERE a <> 5", {.sources = {paths}}));
    return plans;
}

/// A reader and an answerer that remember the order of fields from record to record, as a job's do.
class Job {
public:
    explicit Job(const Plan& plan)
        : read_(plan, make_json_decoder(plan.source, kPartitions)),
          answer_(plan, make_json_encoder(plan.output, {})) {
        read_.add(SourcePartition{0});
    }

    std::vector<std::string> answers(const std::vector<std::string>& values) {
        std::vector<RawRecord> records;
        for (const std::string& value : values) {
            RawRecord& record = records.emplace_back();
            record.value = value;
            record.has_value = true;
            record.timestamp = 0;
            record.partition = SourcePartition{0};
        }
        static_cast<void>(read_.read(records, batch_, read_outcome_));
        VELO_ASSERT(read_outcome_.accepted.size() + read_outcome_.filtered +
                            read_outcome_.late.size() + read_outcome_.faults.size() ==
                        records.size(),
                    "each record has one fate");
        chunk_.clear();
        answer_.take(batch_, Selection(read_outcome_.accepted), chunk_, outcome_);
        std::vector<std::string> answers;
        for (const OutputChunk::Record& record : chunk_.records)
            answers.emplace_back(chunk_.value(record));
        return answers;
    }

private:
    ReadStage read_;
    AnswerStage answer_;
    Batch batch_;
    ReadOutcome read_outcome_;
    AnswerOutcome outcome_;
    OutputChunk chunk_;
};

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

/// The first byte chooses the schema.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<Plan> kPlans = make_plans();
    if (size == 0) return -1;
    const std::size_t number = data[0] % kPlans.size();
    Job job(kPlans[number]);
    const std::vector<std::string> once =
        job.answers(lines_of({reinterpret_cast<const char*>(data) + 1, size - 1}));
    if (number == 2) return 0;  // Its answers have no paths.
    VELO_ASSERT(job.answers(once) == once, "what is written is read as what it was");
    return 0;
}
