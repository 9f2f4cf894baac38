// Any bytes as what a state log holds: they are taken for what they say, or refused; what was taken can be saved, added to and
// answered. The first byte chooses a query, or the log's own records.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/pipeline/answer_stage.hpp"
#include "engine/pipeline/read_stage.hpp"
#include "server/runtime/log_format.hpp"
#include "tests/fuzz/sources.hpp"

namespace {

using namespace velo;
using namespace velo::engine;

const std::vector<PartitionName> kPartitions{{"topic", 0}};  // Decoders keep a reference.

constexpr const char* kQueries[] = {
    "SELECT k, COUNT(*) AS a, SUM(i) AS b, AVG(d) AS c, MIN(k) AS e, MAX(day) AS f, SUM(p) AS g, "
    "FIRST(k) AS h, LAST(d) AS j "
    "FROM s GROUP BY k",
    "SELECT b, i, day, p, COUNT(DISTINCT k) AS a, MEDIAN(d) AS c, MODE(k) AS e, STRING_AGG(k, '-') "
    "AS f, ARRAY_AGG(i) AS g "
    "FROM s GROUP BY b, i, day, p HAVING COUNT(*) > 0",
    "SELECT k, APPROX_COUNT_DISTINCT(k) AS a, APPROX_PERCENTILE(d, 0.5) AS b, STDDEV(d) AS c, "
    "CORR(d, i) AS e, "
    "HISTOGRAM(k) AS f, TOPK(i, 3) AS g, TOPKDISTINCT(k, 2) AS h, COLLECT_SET(tags) AS j FROM s "
    "GROUP BY k "
    "WINDOW TUMBLING (ts, 1m)",
    "SELECT k, MIN_BY(k, d) AS a, MAX_BY(tags, i) AS b, PERCENTILE_DISC(p, 0.5) AS c, BIT_XOR(i) "
    "AS e, BOOL_AND(b) AS f, "
    "SUM(DISTINCT d) AS g FROM s GROUP BY k WINDOW HOPPING (ts, 3m, 1m) EMIT CHANGES",
    "SELECT k, COUNT(*) AS a, SUM(d) AS b, LAST(k) AS c FROM s GROUP BY k WINDOW SESSION (ts, 30s)",
    "SELECT k, COUNT(*) AS a, MAX(k) AS b FROM s GROUP BY k WINDOW SESSION (ts, 30s) EMIT CHANGES "
    "EVERY 1s",
    "SELECT SUM(d) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY k ORDER BY ts) AS a, "
    "MAX(k) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY k ORDER BY ts) AS b, "
    "COUNT(DISTINCT i) OVER (ROWS WINDOW BUFFER 5 ROWS PARTITION BY k ORDER BY ts) AS c FROM s",
    "SELECT DISTINCT k, tags, who FROM s",
    "SELECT k FROM s LIMIT 5",
    "SELECT k, COUNT(*) AS a FROM s GROUP BY k WINDOW TUMBLING (ts, 1m) EMIT FINAL EARLY EVERY 1s "
    "ALLOWED LATENESS 1m",
    "SELECT prices, gap, clock, x, ANY_VALUE(d) AS a, VAR_POP(i) AS b FROM s GROUP BY prices, gap, "
    "clock, x EMIT CHANGES EVERY 1s",
};
constexpr std::size_t kQueryCount = std::size(kQueries);

std::vector<Plan> make_plans() {
    std::vector<Plan> plans;
    for (const char* query : kQueries) {
        BindOptions options{.sources = {all_types("s")}};
        if (plans.empty() || plans.size() == 7) options.ttl = std::chrono::hours{1};
        plans.push_back(bind_query(query, options));
    }
    return plans;
}

const std::vector<Plan>& plans() {
    static const std::vector<Plan> kPlans = make_plans();
    return kPlans;
}

/// One pipeline.
class Job {
public:
    explicit Job(const Plan& plan)
        : read_(plan, make_json_decoder(plan.source, kPartitions)),
          answer_(plan, make_json_encoder(plan.output, {}), Saving::On) {
        read_.add(SourcePartition{0});
    }

    AnswerStage& answer() { return answer_; }

    void take_rows() {
        static const std::vector<std::string> kRows{
            R"({"ts":1000,"k":"a","b":true,"i":7,"d":0.5,"p":12.345,"x":"AQI=","day":"2024-02-29","clock":"23:59:59",)"
            R"("gap":"1m30s","tags":["x",null],"prices":{"eur":1.5},"who":{"name":"n"}})",
            R"({"ts":20000,"k":"a","b":false,"i":-5,"d":-1e300,"p":1})",
            R"({"ts":61000,"k":"b","i":9223372036854775807,"d":2})", R"({"ts":500000})"};
        std::vector<RawRecord> records;
        for (const std::string& row : kRows) {
            RawRecord& record = records.emplace_back();
            record.value = row;
            record.has_value = true;
            record.partition = SourcePartition{0};
            record.offset = static_cast<std::int64_t>(records.size());
        }
        static_cast<void>(read_.read(records, batch_, read_outcome_));
        answer_.take(batch_, Selection(read_outcome_.accepted), chunk_, outcome_);
        chunk_.clear();
    }

    /// To the end of the input.
    void finish() {
        while (!answer_.flush(chunk_, outcome_)) chunk_.clear();
        while (!answer_.advance(kAfterAllTime, chunk_, outcome_)) chunk_.clear();
        while (!answer_.finish(chunk_, outcome_)) chunk_.clear();
    }

    [[nodiscard]] std::string saved() {
        SavedEntries entries;
        while (!answer_.save_slice(1U << 16U, entries)) {
        }
        return entries.bytes();
    }

private:
    ReadStage read_;
    AnswerStage answer_;
    Batch batch_;
    ReadOutcome read_outcome_;
    AnswerOutcome outcome_;
    OutputChunk chunk_;
};

void restore(const Plan& plan, std::string_view bytes) {
    Job job(plan);
    bool all = true;
    while (const auto entry = next_entry(bytes))
        all = job.answer().restore(*entry, kBeforeAllTime) && all;
    if (!all) return;  // A run that begins with such a log is refused.
    job.answer().begin_at(kBeforeAllTime);
    const std::string saved = job.saved();
    Job other(plan);
    std::string_view rest = saved;
    while (const auto entry = next_entry(rest))
        VELO_ASSERT(other.answer().restore(*entry, kBeforeAllTime), "what was saved is taken back");
    job.take_rows();
    static_cast<void>(job.saved());
    job.finish();
}

// The seal is put on, so that what it seals is looked at.
void read_log(std::string_view bytes) {
    static_cast<void>(runtime::decode_note(bytes));
    std::string sealed(bytes);
    const std::uint64_t seal = hash_bytes(bytes);
    for (unsigned shift = 0; shift < 64; shift += 8)
        sealed.push_back(static_cast<char>(seal >> shift));
    if (const auto header = runtime::decode_header(sealed))
        VELO_ASSERT(runtime::decode_header(runtime::encode_header(*header)) == header, "as it was");
    if (const auto chunk = runtime::decode_chunk(sealed)) {
        std::string_view entries = chunk->entries;
        while (next_entry(entries)) {
        }
    }
}

void write_seed(const std::string& folder, std::size_t number, std::string_view bytes) {
    std::ofstream(folder + "/" + std::to_string(number), std::ios::binary)
        << static_cast<char>(number) << bytes;
}

}  // namespace

/// VELO_FUZZ_SEEDS=FOLDER writes there what jobs save in earnest.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* folder = std::getenv("VELO_FUZZ_SEEDS");
    if (folder == nullptr) return 0;
    for (std::size_t i = 0; i < kQueryCount; ++i) {
        Job job(plans()[i]);
        job.take_rows();
        write_seed(folder, i, job.saved());
    }
    runtime::LogHeader header{.run = 1, .epoch = 2};
    header.job =
        runtime::JobHeader{.shape = {{"window", "none"}}, .lives = {{1, 1, 2}}, .marks = {{}}};
    const std::string sealed = runtime::encode_header(header);
    write_seed(folder, kQueryCount, std::string_view(sealed).substr(0, sealed.size() - 8));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return -1;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t number = data[0] % (kQueryCount + 1);
    if (number == kQueryCount) {
        read_log(bytes);
    } else {
        restore(plans()[number], bytes);
    }
    return 0;
}
